namespace Iommu.Hardware.Vtd.Caches;

/// <summary>
/// The invalidation clock of a remapping unit and the last descriptors on it. A walk notes the clock when it begins; before its result
/// may stay in a cache, it looks whether a descriptor since then covers it.
/// </summary>
internal sealed class InvalidationLog
{
    private const long Capacity = 1L << 12;

    private readonly Slot[] _slots = new Slot[Capacity];
    private long _appended;
    private long _applied;

    /// <summary>Number of invalidations that have been carried out: what a walk notes when it begins.</summary>
    public long Sequence => Volatile.Read(ref _applied);

    /// <summary>Counts a descriptor that is about to be carried out, and is followed by <see cref="Complete"/>. A full fence.</summary>
    public long Append(Descriptor descriptor)
    {
        var sequence = Interlocked.Increment(ref _appended);
        ref var slot = ref _slots[sequence & (Capacity - 1)];
        slot.Descriptor = descriptor;
        Volatile.Write(ref slot.Sequence, sequence);
        return sequence;
    }

    /// <summary>All that the descriptor covers has been removed. Those of several queues complete in the order they were counted.</summary>
    public void Complete(long sequence)
    {
        var wait = new SpinWait();
        while (Volatile.Read(ref _applied) != sequence - 1) wait.SpinOnce();
        Volatile.Write(ref _applied, sequence);
    }

    public bool MayCover(TranslationEntry entry, long since) => MayCover(entry, since, InvalidationScope.Covers);

    public bool MayCoverContext(uint sourceId, long since) => MayCover(sourceId, since, InvalidationScope.CoversContext);

    public bool MayCoverPasid((ushort Domain, uint Pasid) entry, long since) => MayCover(entry, since, InvalidationScope.CoversPasid);

    // When it cannot be told, yes.
    private bool MayCover<T>(T what, long since, Func<Descriptor, T, bool> covers)
    {
        Interlocked.MemoryBarrier();
        var now = Volatile.Read(ref _appended);
        if (now == since) return false;
        if (now - since >= Capacity) return true;
        for (var sequence = since + 1; sequence <= now; sequence++)
        {
            ref var slot = ref _slots[sequence & (Capacity - 1)];
            if (Volatile.Read(ref slot.Sequence) != sequence || covers(slot.Descriptor, what)) return true;
        }
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _appended) - since >= Capacity;
    }

    private struct Slot
    {
        public long Sequence;
        public Descriptor Descriptor;
    }
}
