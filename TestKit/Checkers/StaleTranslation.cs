using System.Collections.Concurrent;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Caches;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I8: after an invalidation is reported handled, no TLB, ATC or walk-cache entry holding the old translation
/// is hit by a transaction that starts later. It listens to what software produces and is told, not to what the hardware
/// removes: at every hit, an entry whose walk began before a covering invalidation was issued, where that was reported
/// done before the transaction started, is a breach. One per SMMU; memory is bounded.
/// </summary>
public sealed class StaleTranslation
{
    private const int BreachesKept = 100;
    private const int DefaultSetsLog2 = 16;

    private readonly Func<long> _tick;
    private readonly InvalidationIndex _index;
    private readonly ConcurrentQueue<StaleHit> _breaches = new();
    private long _completions;
    private long _checkedInvalidations;
    private int _breachCount;

    /// <param name="smmu">Whose caches are watched.</param>
    /// <param name="setsLog2">Log2 of the sets of four invalidations that are remembered.</param>
    public StaleTranslation(Smmu smmu, int setsLog2 = DefaultSetsLog2) =>
        (_tick, _index) = (smmu.Tick, new InvalidationIndex(setsLog2));

    /// <summary>Called at each breach, on the thread of the port that hit.</summary>
    public Action<StaleHit>? Found { get; set; }

    /// <summary>The first breaches.</summary>
    public IReadOnlyCollection<StaleHit> Breaches => _breaches;

    /// <summary>Invalidations that were reported handled and are held against later hits.</summary>
    public long InvalidationsWatched => Volatile.Read(ref _checkedInvalidations);

    /// <summary>Wraps a queue of the SMMU; outermost, so that it sees what software issues and is told.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="repeats">Whether an invalidation is reported handled only when it was issued twice (an erratum).</param>
    public ICommandQueue Watch(ICommandQueue queue, bool repeats = false) => new WatchedQueue(queue, this, repeats);

    /// <summary>Wraps a guest's own queue, whose commands hardware gives other ids.</summary>
    /// <param name="queue">The guest's side of it.</param>
    /// <param name="effective">What a command should come to.</param>
    public ICommandQueue Watch(ICommandQueue queue, Func<Command, Command> effective) =>
        new WatchedQueue(queue, this, repeats: false, effective);

    /// <summary>What a port is opened with.</summary>
    public ITransactionWitness CreateWitness(string port) => new PortWitness(port, this);

    internal long Completions => Volatile.Read(ref _completions);

    internal long Tick() => _tick();

    // Only one thread at a time per queue; queues of one SMMU take turns here.
    internal void Complete(Queue<IssuedInvalidation> issued, long sync)
    {
        if (issued.Count == 0) return;
        lock (_index)
        {
            var stamp = _completions + 1;
            foreach (var invalidation in issued) _index.Add(invalidation with { Sync = sync, Stamp = stamp });
            _checkedInvalidations += issued.Count;
            Volatile.Write(ref _completions, stamp);
        }
        issued.Clear();
    }

    internal void Check(string port, CacheEntry entry, long startedAt)
    {
        if (_index.FindBreach(entry, startedAt) is not { } invalidation) return;
        var breach = new StaleHit(port, entry, invalidation);
        if (Interlocked.Increment(ref _breachCount) <= BreachesKept) _breaches.Enqueue(breach);
        Found?.Invoke(breach);
    }
}
