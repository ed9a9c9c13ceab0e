using System.Collections.Concurrent;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Queues;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I8: after an invalidation is reported handled, no entry of a TLB, a walk cache or a device's own cache that holds the old
/// translation is hit by a transaction that starts later. It listens to what software produces and is told, not to what the hardware
/// removes: at every hit, an entry whose walk began before a covering invalidation was issued, where that was reported done before the
/// transaction started, is a breach. One per IOMMU; memory is bounded.
/// </summary>
/// <param name="rules">What the architecture says.</param>
/// <param name="tick">Advances the IOMMU's invalidation clock and returns it.</param>
/// <param name="setsLog2">Log2 of the sets of four invalidations that are remembered.</param>
public class StaleTranslation<TCommand, TEntry>(IInvalidationRules<TCommand, TEntry> rules, Func<long> tick, int setsLog2 = 14)
    where TCommand : struct where TEntry : class
{
    private const int BreachesKept = 100;

    private readonly InvalidationIndex<TCommand, TEntry> _index = new(rules, setsLog2);
    private readonly ConcurrentQueue<StaleHit<TCommand, TEntry>> _breaches = new();
    private long _completions;
    private long _checkedInvalidations;
    private int _breachCount;

    /// <summary>Called at each breach, on the thread of the port that hit.</summary>
    public Action<StaleHit<TCommand, TEntry>>? Found { get; set; }

    /// <summary>The first breaches.</summary>
    public IReadOnlyCollection<StaleHit<TCommand, TEntry>> Breaches => _breaches;

    /// <summary>Invalidations that were reported handled and are held against later hits.</summary>
    public long InvalidationsWatched => Volatile.Read(ref _checkedInvalidations);

    /// <summary>Wraps a queue of the IOMMU; outermost, so that it sees what software issues and is told.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="effective">For a guest's own queue, which hardware gives other ids: what a command comes to, one or several.</param>
    /// <param name="repeats">
    /// Commands that hardware carries out only when they come again after a synchronization (an erratum); null when there are none.
    /// </param>
    public ICommandQueue Watch(
        ICommandQueue queue, Func<TCommand, IEnumerable<TCommand>>? effective = null, Func<TCommand, bool>? repeats = null) =>
        new WatchedQueue<TCommand, TEntry>(queue, this, effective, repeats);

    /// <summary>What a port is opened with.</summary>
    public ITransactionWitness<TEntry> CreateWitness(string port) => new PortWitness<TCommand, TEntry>(port, this);

    internal IInvalidationRules<TCommand, TEntry> Rules => rules;

    internal long Completions => Volatile.Read(ref _completions);

    internal long Tick() => tick();

    // Only one thread at a time per queue; queues of one IOMMU take turns here.
    internal void Complete(Queue<IssuedInvalidation<TCommand>> issued, long sync)
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

    internal void Check(string port, TEntry entry, long startedAt)
    {
        if (_index.FindBreach(entry, startedAt) is not { } invalidation) return;
        var breach = new StaleHit<TCommand, TEntry>(port, entry, invalidation, rules.Synchronization);
        if (Interlocked.Increment(ref _breachCount) <= BreachesKept) _breaches.Enqueue(breach);
        Found?.Invoke(breach);
    }
}
