using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.TestKit.Checkers;

/// <summary>Notes what software puts into a queue, and which CMD_SYNC tells it that it is done.</summary>
/// <param name="inner">The queue.</param>
/// <param name="checker">Who is told.</param>
/// <param name="repeats">Whether hardware carries TLBI and CFGI out only when they come again after a CMD_SYNC.</param>
/// <param name="effective">What a command should come to, where hardware replaces its ids; null where it does not.</param>
internal sealed class WatchedQueue(
    ICommandQueue inner, StaleTranslation checker, bool repeats = false, Func<Command, Command>? effective = null) : ICommandQueue
{
    private readonly Queue<(ulong Position, Command Command, long IssuedAt)> _produced = new();
    private readonly Queue<IssuedInvalidation> _unsynced = new();
    private readonly Dictionary<Command, long> _issuedOnce = [];
    private readonly Dictionary<Command, long> _waiting = [];
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
            var command = new Command(words[i], words[i + 1]);
            if (effective is not null) command = effective(command);
            if (command.Opcode == Opcode.Sync || InvalidationReach.IsInvalidation(command))
                _produced.Enqueue((_producedTotal, command, issuedAt));
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
            if (next.Command.Opcode == Opcode.Sync) Synchronized();
            else if (IssuedSince(next.Command, next.IssuedAt) is { } since)
                _unsynced.Enqueue(new IssuedInvalidation(next.Command, since, 0, 0, Name));
        }
        return step;
    }

    // Since when it counts as issued; null for the first of two.
    private long? IssuedSince(Command command, long issuedAt)
    {
        if (!repeats || command.Opcode == Opcode.AtcInv) return issuedAt;
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
