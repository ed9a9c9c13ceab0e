using Iommu.Hardware.Queues;

namespace Iommu.TestKit.Checkers;

/// <summary>Notes what software puts into a queue, and which synchronization tells it that it is done.</summary>
/// <param name="inner">The queue.</param>
/// <param name="checker">Who is told.</param>
/// <param name="effective">What a command should come to, where hardware replaces its ids; null where it does not.</param>
/// <param name="repeats">What hardware carries out only when it comes again after a synchronization; null for nothing.</param>
internal sealed class WatchedQueue<TCommand, TEntry>(
    ICommandQueue inner, StaleTranslation<TCommand, TEntry> checker, Func<TCommand, IEnumerable<TCommand>>? effective,
    Func<TCommand, bool>? repeats) : ICommandQueue where TCommand : struct where TEntry : class
{
    private readonly Queue<(ulong Position, TCommand Command, long IssuedAt)> _produced = new();
    private readonly Queue<IssuedInvalidation<TCommand>> _unsynced = new();
    private readonly Dictionary<TCommand, long> _issuedOnce = [];
    private readonly Dictionary<TCommand, long> _waiting = [];
    private ulong _producedTotal = inner.ConsumedTotal;
    private long _syncs;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public ulong ConsumedTotal => inner.ConsumedTotal;

    // The clock moves before the commands can be seen: walks from here on read tables that software has stored before.
    public int Produce(ReadOnlySpan<ulong> words)
    {
        if (words.IsEmpty) return 0;
        var issuedAt = checker.Tick();
        var taken = inner.Produce(words);
        for (var i = 0; i < taken; i += WordsPerCommand, _producedTotal++)
        {
            var command = checker.Rules.Decode(words.Slice(i, WordsPerCommand));
            if (effective is null) Note(command, issuedAt);
            else foreach (var one in effective(command)) Note(one, issuedAt);
        }
        return taken;
    }

    public QueueStep Step()
    {
        var step = inner.Step();
        var consumed = inner.ConsumedTotal;
        while (_produced.TryPeek(out var next) && next.Position < consumed)
        {
            _produced.Dequeue();
            if (checker.Rules.RoleOf(next.Command) == CommandRole.Synchronization)
            {
                // One that the queue has stopped at, though it is past it, has been aborted and reports nothing (VT-d: ITE).
                if (step != QueueStep.Stopped || next.Position != consumed - 1) Synchronized();
            }
            else if (IssuedSince(next.Command, next.IssuedAt) is { } since)
                _unsynced.Enqueue(new IssuedInvalidation<TCommand>(next.Command, since, 0, 0, Name));
        }
        return step;
    }

    private void Note(TCommand command, long issuedAt)
    {
        if (checker.Rules.RoleOf(command) != CommandRole.Other) _produced.Enqueue((_producedTotal, command, issuedAt));
    }

    // Since when it counts as issued; null for the first of two.
    private long? IssuedSince(TCommand command, long issuedAt)
    {
        if (repeats is null || !repeats(command)) return issuedAt;
        if (_waiting.Remove(command, out var first)) return first;
        _issuedOnce.TryAdd(command, issuedAt);
        return null;
    }

    // What was issued once before this may be issued again now.
    private void Synchronized()
    {
        checker.Complete(_unsynced, ++_syncs);
        foreach (var (command, issuedAt) in _issuedOnce) _waiting.TryAdd(command, issuedAt);
        _issuedOnce.Clear();
    }
}
