using System.Collections.Immutable;

namespace Akka.Persistence;

public abstract partial class Eventsourced
{
    private readonly Queue<PendingInvocation> _pendingInvocations = new();
    private List<IPersistentEnvelope> _eventBatch = [];
    private List<IPersistentEnvelope> _journalBatch = [];
    private bool _writeInProgress;
    private long _pendingStashing;

    /// <summary>Writes an event and then runs its handler; commands that come in between are stashed.</summary>
    /// <exception cref="InvalidOperationException">The actor is recovering.</exception>
    public void Persist<TEvent>(TEvent @event, Action<TEvent> handler) => PersistOne(@event, handler, stashing: true);

    /// <summary>As Persist, but commands go on being handled in between.</summary>
    public void PersistAsync<TEvent>(TEvent @event, Action<TEvent> handler) => PersistOne(@event, handler, stashing: false);

    /// <summary>Writes events all or none, and then runs the handler for each. With no events no handler runs.</summary>
    public void PersistAll<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler)
    {
        RequireRecovered();
        if (events is not null) PersistMany(events, handler, stashing: true);
    }

    /// <summary>As PersistAll, but commands go on being handled in between.</summary>
    public void PersistAllAsync<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler)
    {
        RequireRecovered();
        PersistMany(events, handler, stashing: false);
    }

    /// <summary>Runs a handler after those of all events persisted before it, and writes nothing.</summary>
    public void DeferAsync<TEvent>(TEvent evt, Action<TEvent> handler)
    {
        RequireRecovered();
        if (_pendingInvocations.Count == 0)
        {
            handler(evt);
            return;
        }

        _pendingInvocations.Enqueue(new PendingInvocation<TEvent>(handler, stashing: false));
        _eventBatch.Add(new NonPersistentMessage(evt!, Sender));
    }

    private void PersistOne<TEvent>(TEvent @event, Action<TEvent> handler, bool stashing)
    {
        RequireRecovered();
        Await(new PendingInvocation<TEvent>(handler, stashing));
        _eventBatch.Add(new AtomicWrite(Numbered(@event!)));
    }

    private void PersistMany<TEvent>(IEnumerable<TEvent> events, Action<TEvent> handler, bool stashing)
    {
        var invocation = new PendingInvocation<TEvent>(handler, stashing);
        var numbered = ImmutableArray.CreateBuilder<IPersistentRepresentation>();
        foreach (var @event in events)
        {
            Await(invocation);
            numbered.Add(Numbered(@event!));
        }

        if (numbered.Count > 0) _eventBatch.Add(new AtomicWrite(numbered.ToImmutable()));
    }

    private void RequireRecovered()
    {
        if (IsRecovering) throw new InvalidOperationException(
            "Cannot persist during replay. Events can be persisted when receiving RecoveryCompleted or later.");
    }

    private void Await(PendingInvocation invocation)
    {
        if (invocation.Stashing) _pendingStashing++;
        _pendingInvocations.Enqueue(invocation);
    }

    private Persistent Numbered(object @event) =>
        new(@event, sequenceNr: ++_sequenceNr, persistenceId: PersistenceId, sender: Sender, writerGuid: _writerGuid);

    private void FlushBatch()
    {
        if (_eventBatch.Count > 0)
        {
            if (_journalBatch.Count == 0) (_journalBatch, _eventBatch) = (_eventBatch, _journalBatch);
            else _journalBatch.AddRange(_eventBatch);
            _eventBatch.Clear();
        }

        FlushJournalBatch();
    }

    /// <summary>One write at a time is under way: what comes meanwhile goes together with the next.</summary>
    private void FlushJournalBatch()
    {
        if (_writeInProgress || _journalBatch.Count == 0) return;
        Journal.Tell(new WriteMessages(_journalBatch, Self, _instanceId), Self);
        _journalBatch = [];
        _writeInProgress = true;
    }
}
