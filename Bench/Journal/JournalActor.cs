using Akka.Actor;
using Akka.Persistence;

namespace Iommu.Bench.Journal;

/// <summary>Persists as it is asked to, and says when the last handler has run; counts what it recovers.</summary>
internal sealed class JournalActor : ReceivePersistentActor
{
    private long _recovered;
    private int _left;
    private IActorRef _asker = ActorRefs.Nobody;

    public JournalActor(string persistenceId)
    {
        PersistenceId = persistenceId;
        Recover<MappedEvent>(_ => _recovered++);
        Command<Begin>(begin => (_left, _asker) = (begin.Events, Sender));
        Command<PersistOne>(_ => Persist(NextEvent(), Written));
        Command<PersistOneAsync>(_ => PersistAsync(NextEvent(), Written));
        Command<PersistMany>(many => PersistAll(Enumerable.Range(0, many.Events).Select(_ => NextEvent()), Written));
        Command<CountRecovered>(_ => Sender.Tell(_recovered));
    }

    public override string PersistenceId { get; }

    private MappedEvent NextEvent() => new(LastSequenceNr << 12, 4096);

    private void Written(MappedEvent mapped)
    {
        if (--_left == 0) _asker.Tell(Finished.Instance);
    }

    /// <summary>Answered when so many events are written.</summary>
    public sealed record Begin(int Events);

    public sealed record PersistOne
    {
        public static readonly PersistOne Instance = new();
    }

    public sealed record PersistOneAsync
    {
        public static readonly PersistOneAsync Instance = new();
    }

    public sealed record PersistMany(int Events);

    public sealed record CountRecovered;

    public sealed record Finished
    {
        public static readonly Finished Instance = new();
    }
}
