using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Caches;

namespace Iommu.TestKit.Checkers.Vtd;

/// <summary>
/// Invariant I8 on a VT-d unit: no cached entry is used by a request that started after an invalidation which covers it was reported
/// done. It listens to what software produces and is told, not to what the hardware removes. One per unit; memory is bounded.
/// </summary>
public sealed class StaleTranslation(RemappingUnit unit, int setsLog2 = StaleTranslation.DefaultSetsLog2)
{
    private const int DefaultSetsLog2 = 14;

    private readonly InvalidationIndex _index = new(setsLog2);
    private long _completions;
    private int _breaches;

    /// <summary>Called at each breach, on the thread of the port that hit, with what happened.</summary>
    public Action<string>? Found { get; set; }

    public int Breaches => Volatile.Read(ref _breaches);

    /// <summary>Wraps a queue of the unit; outermost, so that it sees what software issues and is told.</summary>
    public ICommandQueue Watch(ICommandQueue queue) => new WatchedQueue(queue, this, null);

    /// <summary>Wraps a guest's own queue, whose descriptors hardware gives other ids.</summary>
    /// <param name="queue">The guest's side of it.</param>
    /// <param name="effective">What a descriptor should come to.</param>
    public ICommandQueue Watch(ICommandQueue queue, Func<Descriptor, Descriptor> effective) => new WatchedQueue(queue, this, effective);

    /// <summary>What a port is opened with.</summary>
    public ITransactionWitness CreateWitness(string port) => new PortWitness(port, this);

    private void Check(string port, TranslationEntry entry, long startedAt)
    {
        if (_index.FindBreach(entry, startedAt) is not { } invalidation) return;
        Interlocked.Increment(ref _breaches);
        Found?.Invoke($"{port} hit {entry}, which {invalidation.Descriptor} issued at {invalidation.IssuedAt} should have removed; "
            + $"wait descriptor {invalidation.Wait} had reported it done");
    }

    // Only one thread at a time per queue; queues of one unit take turns here.
    private void Complete(Queue<IssuedInvalidation> issued, long wait)
    {
        if (issued.Count == 0) return;
        lock (_index)
        {
            var stamp = _completions + 1;
            foreach (var invalidation in issued) _index.Add(invalidation with { Wait = wait, Stamp = stamp });
            Volatile.Write(ref _completions, stamp);
        }
        issued.Clear();
    }

    private sealed class PortWitness(string port, StaleTranslation checker) : ITransactionWitness
    {
        private long _startedAt;

        public void Started() => _startedAt = Volatile.Read(ref checker._completions);

        public void Hit(TranslationEntry entry) => checker.Check(port, entry, _startedAt);
    }

    private sealed class WatchedQueue(ICommandQueue inner, StaleTranslation checker, Func<Descriptor, Descriptor>? effective)
        : ICommandQueue
    {
        private readonly Queue<(ulong Position, Descriptor Descriptor, long IssuedAt)> _produced = new();
        private readonly Queue<IssuedInvalidation> _unreported = new();
        private ulong _producedTotal = inner.ConsumedTotal;
        private long _waits;

        public string Name => inner.Name;

        public int WordsPerCommand => inner.WordsPerCommand;

        public ulong ConsumedTotal => inner.ConsumedTotal;

        // The clock moves before the descriptors can be seen: walks from here on read tables that software has stored before.
        public int Produce(ReadOnlySpan<ulong> words)
        {
            if (words.IsEmpty) return 0;
            var issuedAt = checker.Unit.Tick();
            var taken = inner.Produce(words);
            for (var i = 0; i < taken; i += WordsPerCommand, _producedTotal++)
            {
                var descriptor = new Descriptor(words[i], words[i + 1]);
                if (effective is not null) descriptor = effective(descriptor);
                if (descriptor.Type == DescriptorType.Wait || InvalidationReach.IsInvalidation(descriptor))
                    _produced.Enqueue((_producedTotal, descriptor, issuedAt));
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
                if (next.Descriptor.Type == DescriptorType.Wait)
                {
                    if (!IsAborted(step, isLast: next.Position == consumed - 1)) checker.Complete(_unreported, ++_waits);
                }
                else _unreported.Enqueue(new IssuedInvalidation(next.Descriptor, next.IssuedAt, 0, 0));
            }
            return step;
        }

        // A wait descriptor that the queue has stopped at for a device's time-out has reported nothing (ITE).
        private bool IsAborted(QueueStep step, bool isLast) =>
            step == QueueStep.Stopped && isLast && checker.Unit.Registers.FaultStatus.HasFlag(FaultStatus.TimeOut);
    }

    private RemappingUnit Unit => unit;
}
