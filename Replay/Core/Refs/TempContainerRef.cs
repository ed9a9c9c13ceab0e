using System.Collections.Concurrent;

namespace Akka.Actor;

/// <summary>The parent of the short-lived references that stand for pending asks; only those whose path was asked for are known.</summary>
internal sealed class TempContainerRef(ActorPath path, IActorRefProvider provider) : MinimalActorRef
{
    private readonly ConcurrentDictionary<string, IActorRef> _known = new();
    private long _count = -1;

    public override ActorPath Path => path;

    public override IActorRefProvider Provider => provider;

    public ActorPath NextPath() => path.Child(Util.Base64Name.Of(Interlocked.Increment(ref _count)));

    public void Add(IActorRef reference) => _known[reference.Path.Name] = reference;

    public void Remove(ActorPath reference) => _known.TryRemove(reference.Name, out _);

    public override IActorRef GetChild(IReadOnlyList<string> name) =>
        name.Count == 1 && _known.TryGetValue(name[0], out var found) ? found : ActorRefs.Nobody;
}
