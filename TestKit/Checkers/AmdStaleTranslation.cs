using System.Collections.Concurrent;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Queues;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I8 on an AMD IOMMU: after an invalidation is reported handled, no cache entry holding the old translation is hit by a
/// transaction that starts later. It listens to what software produces and is told, not to what the hardware removes. One per IOMMU; the
/// last invalidations are remembered, so a breach may be missed but none is invented.
/// </summary>
/// <param name="iommu">Whose caches are watched.</param>
public sealed class AmdStaleTranslation(AmdIommu iommu)
{
    private const int Remembered = 512;
    private const int BreachesKept = 100;

    private readonly Issued?[] _recent = new Issued?[Remembered];
    private readonly ConcurrentQueue<string> _breaches = new();
    private long _completions;

    /// <summary>Called at each breach, on the thread of the port that hit.</summary>
    public Action<string>? Found { get; set; }

    /// <summary>The first breaches: who hit what, and the command that should have removed it.</summary>
    public IReadOnlyCollection<string> Breaches => _breaches;

    /// <summary>Invalidations that were reported handled and are held against later hits.</summary>
    public long InvalidationsWatched => Volatile.Read(ref _completions);

    /// <summary>Wraps the host's command buffer; outermost, so that it sees what software issues and is told.</summary>
    public ICommandQueue Watch(ICommandQueue queue) => new WatchedBuffer(queue, this, iommu.Tick, null);

    /// <summary>Wraps a guest's own command buffer, whose commands hardware gives other ids.</summary>
    /// <param name="queue">The guest's side of it.</param>
    /// <param name="effective">What a command should come to; nothing for one that invalidates nothing.</param>
    public ICommandQueue Watch(ICommandQueue queue, Func<Command, IEnumerable<Command>> effective) =>
        new WatchedBuffer(queue, this, iommu.Tick, effective);

    /// <summary>What a port is opened with.</summary>
    public ITransactionWitness CreateWitness(string port) => new Witness(port, this);

    private void Complete(Queue<(Command Command, long IssuedAt)> issued)
    {
        // Buffers of one IOMMU take turns.
        lock (_recent)
        {
            while (issued.TryDequeue(out var next))
            {
                var number = _completions + 1;
                Volatile.Write(ref _recent[number % Remembered], new Issued(next.Command, next.IssuedAt, number));
                Volatile.Write(ref _completions, number);
            }
        }
    }

    private void Check(string port, CacheEntry entry, long startedAt)
    {
        foreach (var slot in _recent)
        {
            if (slot is not { } known || known.IssuedAt <= entry.Sequence || known.Number > startedAt) continue;
            if (!AmdInvalidationReach.MustRemove(known.Command, entry)) continue;
            var breach = $"{port} hit {entry}, which {known.Command} issued at {known.IssuedAt} should have removed";
            if (_breaches.Count < BreachesKept) _breaches.Enqueue(breach);
            Found?.Invoke(breach);
            return;
        }
    }

    private sealed record Issued(Command Command, long IssuedAt, long Number);

    private sealed class Witness(string port, AmdStaleTranslation checker) : ITransactionWitness
    {
        private const int MemoSize = 256;

        private readonly (CacheEntry? Entry, long At)[] _passed = new (CacheEntry?, long)[MemoSize];
        private long _startedAt;

        public void Started() => _startedAt = checker.InvalidationsWatched;

        // An entry that passed since the last completion is not looked up again.
        public void Hit(CacheEntry entry)
        {
            ref var passed = ref _passed[(int)((entry.Base >> 12) ^ (ulong)entry.Kind) & (MemoSize - 1)];
            if (ReferenceEquals(passed.Entry, entry) && passed.At == _startedAt) return;
            checker.Check(port, entry, _startedAt);
            passed = (entry, _startedAt);
        }
    }

    private sealed class WatchedBuffer(
        ICommandQueue inner, AmdStaleTranslation checker, Func<long> tick, Func<Command, IEnumerable<Command>>? effective) : ICommandQueue
    {
        private readonly Queue<(ulong Position, Command Command, long IssuedAt)> _produced = new();
        private readonly Queue<(Command Command, long IssuedAt)> _unsynced = new();
        private ulong _producedTotal = inner.ConsumedTotal;

        public string Name => inner.Name;

        public int WordsPerCommand => inner.WordsPerCommand;

        public ulong ConsumedTotal => inner.ConsumedTotal;

        // The clock moves before the commands can be seen: walks from here on read tables that software has stored before.
        public int Produce(ReadOnlySpan<ulong> words)
        {
            if (words.IsEmpty) return 0;
            var issuedAt = tick();
            var taken = inner.Produce(words);
            for (var i = 0; i < taken; i += WordsPerCommand)
            {
                var issued = new Command(words[i], words[i + 1]);
                if (effective is null) _produced.Enqueue((_producedTotal, issued, issuedAt));
                else foreach (var command in effective(issued)) _produced.Enqueue((_producedTotal, command, issuedAt));
                _producedTotal++;
            }
            return taken;
        }

        public QueueStep Step()
        {
            var step = inner.Step();
            while (_produced.TryPeek(out var next) && next.Position < inner.ConsumedTotal)
            {
                _produced.Dequeue();
                if (next.Command.Opcode == Opcode.CompletionWait) checker.Complete(_unsynced);
                else _unsynced.Enqueue((next.Command, next.IssuedAt));
            }
            return step;
        }
    }
}
