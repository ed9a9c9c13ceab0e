namespace Iommu.Hardware.Caches;

/// <summary>
/// The invalidation clock of an IOMMU and the last commands on it. A walk notes the clock when it begins; before its result may stay in a
/// cache, it looks whether a command since then covers it: fill first, then ask, then take out again. Any thread may call it.
/// </summary>
/// <typeparam name="TCommand">A command in the IOMMU's own form; what it covers is for its model to say.</typeparam>
public sealed class InvalidationLog<TCommand> where TCommand : struct
{
    private const int CapacityLog2 = 12;
    private const long Capacity = 1L << CapacityLog2;

    private readonly Slot[] _slots = new Slot[Capacity];
    private long _appended;
    private long _applied;

    /// <summary>
    /// Number of invalidations that have been carried out: what a walk notes when it begins. One that is under way does not count
    /// yet, since the walk may still come by what it is about to remove.
    /// </summary>
    public long Sequence => Volatile.Read(ref _applied);

    /// <summary>
    /// Counts a command that is about to be carried out, and then calls <see cref="Complete"/>. A full fence: what the caller then
    /// removes was put in before, or will see this number.
    /// </summary>
    public long Append(TCommand command)
    {
        var sequence = Interlocked.Increment(ref _appended);
        ref var slot = ref _slots[sequence & (Capacity - 1)];
        slot.Command = command;
        Volatile.Write(ref slot.Sequence, sequence);
        return sequence;
    }

    /// <summary>All that the command covers has been removed. Commands of several queues complete in the order they were counted.</summary>
    public void Complete(long sequence)
    {
        var wait = new SpinWait();
        while (Volatile.Read(ref _applied) != sequence - 1) wait.SpinOnce();
        Volatile.Write(ref _applied, sequence);
    }

    /// <summary>Counts a command that removes nothing, and returns its number: a mark between earlier and later walks.</summary>
    public long Tick()
    {
        var sequence = Append(default);
        Complete(sequence);
        return sequence;
    }

    /// <summary>Whether a command after <paramref name="since"/> may cover something; when it cannot be told, yes.</summary>
    /// <param name="what">What was just put into a cache.</param>
    /// <param name="since">The clock when its walk began.</param>
    /// <param name="covers">Whether a command removes it.</param>
    public bool MayCover<T>(T what, long since, Func<TCommand, T, bool> covers)
    {
        Interlocked.MemoryBarrier();
        var now = Volatile.Read(ref _appended);
        if (now == since) return false;
        if (now - since >= Capacity) return true;
        for (var sequence = since + 1; sequence <= now; sequence++)
        {
            ref var slot = ref _slots[sequence & (Capacity - 1)];
            if (Volatile.Read(ref slot.Sequence) != sequence || covers(slot.Command, what)) return true;
        }
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _appended) - since >= Capacity;
    }

    private struct Slot
    {
        public long Sequence;
        public TCommand Command;
    }
}
