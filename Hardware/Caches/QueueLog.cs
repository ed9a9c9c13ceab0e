namespace Iommu.Hardware.Caches;

/// <summary>The last invalidations that one queue has carried out. One thread at a time writes it, any thread looks.</summary>
public sealed class QueueLog<TCommand> where TCommand : struct
{
    private const int CapacityLog2 = 10;
    private const long Capacity = 1L << CapacityLog2;

    // A queue that never synchronizes must not make walks look at more than these.
    private const long UnsettledMax = 64;

    private readonly InvalidationLog<TCommand> _owner;
    private Slot[] _slots = [];
    private PaddedLong _appended;
    private long _settled;

    internal QueueLog(InvalidationLog<TCommand> owner) => _owner = owner;

    /// <summary>
    /// Notes a command that is about to be carried out. A full fence: what the caller then removes was put in before, or will see the
    /// command.
    /// </summary>
    public void Append(TCommand command)
    {
        var number = _appended.Value + 1;
        if (number - _settled > UnsettledMax) Settle();
        // Many queues are never used.
        if (number == 1) _slots = new Slot[Capacity];
        ref var slot = ref _slots[number & (Capacity - 1)];
        Volatile.Write(ref slot.Number, 0);
        slot.SettledAt = long.MaxValue;
        slot.Command = command;
        Volatile.Write(ref slot.Number, number);
        Interlocked.Exchange(ref _appended.Value, number);
    }

    /// <summary>
    /// All that the commands so far cover has been removed: walks that begin from now on need not look at them. A queue says so when it
    /// has come to a synchronization.
    /// </summary>
    public void Settle()
    {
        var last = _appended.Value;
        if (last == _settled) return;
        // A full fence, too: a walk that notes this number finds nothing of what was removed.
        var now = _owner.Tick();
        Volatile.Write(ref _slots[last & (Capacity - 1)].SettledAt, now);
        _settled = last;
    }

    // From the newest back to the last one that was settled when the walk began.
    internal bool MayCover<T>(T what, long since, Func<TCommand, T, bool> covers)
    {
        var last = Volatile.Read(ref _appended.Value);
        for (var number = last; number > 0; number--)
        {
            if (last - number >= Capacity) return true;
            ref var slot = ref _slots[number & (Capacity - 1)];
            if (Volatile.Read(ref slot.Number) != number) return true;
            if (Volatile.Read(ref slot.SettledAt) <= since) return WasOvertaken(number);
            if (covers(slot.Command, what)) return true;
        }
        return WasOvertaken(0);
    }

    // One that was overwritten while it was looked at: the next slot is written before it counts.
    private bool WasOvertaken(long oldest)
    {
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _appended.Value) - oldest >= Capacity - 1;
    }

    private struct Slot
    {
        public long Number;
        public long SettledAt;
        public TCommand Command;
    }
}
