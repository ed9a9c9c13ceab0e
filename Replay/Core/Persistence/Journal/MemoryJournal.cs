using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>Keeps events for as long as the system lives.</summary>
public class MemoryJournal : AsyncWriteJournal
{
    private readonly Dictionary<string, List<IPersistentRepresentation>> _events = [];
    private readonly Dictionary<string, long> _highest = [];

    public override Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        foreach (var persistent in _events.GetValueOrDefault(persistenceId) ?? [])
        {
            if (max <= 0 || persistent.SequenceNr > toSequenceNr) break;
            if (persistent.SequenceNr < fromSequenceNr) continue;
            recoveryCallback(persistent);
            max--;
        }

        return Task.CompletedTask;
    }

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) =>
        Task.FromResult(_highest.GetValueOrDefault(persistenceId));

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var now = Context.System.Scheduler.Now.UtcTicks;
        foreach (var write in messages)
        {
            if (!_events.TryGetValue(write.PersistenceId, out var events)) _events[write.PersistenceId] = events = [];
            foreach (var persistent in write.Events) events.Add(persistent.WithTimestamp(now));
            _highest[write.PersistenceId] = write.HighestSequenceNr;
        }

        return Task.FromResult<IImmutableList<Exception>>(null!);
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        _events.GetValueOrDefault(persistenceId)?.RemoveAll(persistent => persistent.SequenceNr <= toSequenceNr);
        return Task.CompletedTask;
    }
}
