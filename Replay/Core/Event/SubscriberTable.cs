using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Event;

/// <summary>Who subscribed to which types, in order of subscription; immutable, with the answer per event type kept.</summary>
internal sealed class SubscriberTable
{
    public static readonly SubscriberTable Empty = new([]);

    private readonly (IActorRef Subscriber, Type Type)[] _entries;
    private readonly ConcurrentDictionary<Type, IActorRef[]> _byEventType = new();

    private SubscriberTable((IActorRef, Type)[] entries) => _entries = entries;

    public IEnumerable<IActorRef> All() => _entries.Select(e => e.Subscriber);

    public IActorRef[] For(Type eventType) => _byEventType.GetOrAdd(
        eventType,
        static (type, entries) => [.. entries.Where(e => e.Type.IsAssignableFrom(type)).Select(e => e.Subscriber).Distinct()],
        _entries);

    public SubscriberTable With(IActorRef subscriber, Type type) =>
        _entries.Any(e => e.Type.IsAssignableFrom(type) && e.Subscriber.Equals(subscriber))
            ? this
            : new SubscriberTable([.. _entries, (subscriber, type)]);

    public SubscriberTable Without(IActorRef subscriber, Type type) =>
        Keeping(e => !(e.Type == type && e.Subscriber.Equals(subscriber)));

    public SubscriberTable Without(IActorRef subscriber) => Keeping(e => !e.Subscriber.Equals(subscriber));

    private SubscriberTable Keeping(Func<(IActorRef Subscriber, Type Type), bool> keep)
    {
        var kept = _entries.Where(keep).ToArray();
        return kept.Length == _entries.Length ? this : new SubscriberTable(kept);
    }
}
