using System.Collections.Concurrent;

namespace Akka.Actor.Internal;

/// <summary>A sequence of handler types, one object per distinct sequence, with the matches of each message type seen.</summary>
internal sealed class HandlerShape
{
    public static readonly HandlerShape Empty = new([]);

    private readonly Type[] _types;
    private readonly ConcurrentDictionary<Type, HandlerShape> _longer = new();
    private readonly ConcurrentDictionary<Type, int[]> _matches = new();

    private HandlerShape(Type[] types) => _types = types;

    public HandlerShape With(Type type) => _longer.GetOrAdd(type, static (t, shape) => new HandlerShape([.. shape._types, t]), this);

    public int[] Matches(Type messageType) => _matches.GetOrAdd(
        messageType,
        static (t, types) => [.. Enumerable.Range(0, types.Length).Where(i => types[i].IsAssignableFrom(t))],
        _types);
}
