using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: the n-th invalidation (counted from 0), and one in so many from there on, reaches the hardware twice. Invalidations can be
/// repeated, so nobody may notice.
/// </summary>
/// <param name="inner">The queue.</param>
/// <param name="victim">The first victim among the invalidations.</param>
/// <param name="period">How many further the next victim is; 0 when there is no other.</param>
public sealed class DuplicatedCommandQueue(ICommandQueue inner, long victim, long period = 0) : ICommandQueue
{
    private readonly Queue<ulong> _extra = new();
    private long _invalidations;
    private ulong _produced = inner.ConsumedTotal;
    private ulong _extraConsumed;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    /// <summary>Commands that were issued twice.</summary>
    public long Duplicated { get; private set; }

    // The second copies took places in the ring that nobody outside knows of.
    public ulong ConsumedTotal
    {
        get
        {
            while (_extra.TryPeek(out var position) && position < inner.ConsumedTotal)
            {
                _extra.Dequeue();
                _extraConsumed++;
            }
            return inner.ConsumedTotal - _extraConsumed;
        }
    }

    public int Produce(ReadOnlySpan<ulong> words)
    {
        for (var i = 0; i < words.Length; i += WordsPerCommand)
        {
            var command = words.Slice(i, WordsPerCommand);
            if (inner.Produce(command) == 0) return i;
            _produced++;
            if (IsInvalidation(words[i]) && IsVictim(_invalidations++) && inner.Produce(command) != 0)
            {
                _extra.Enqueue(_produced++);
                Duplicated++;
            }
        }
        return words.Length;
    }

    public QueueStep Step() => inner.Step();

    private static bool IsInvalidation(ulong word0) => (Opcode)(byte)word0 is >= Opcode.TlbiNhAll and <= Opcode.AtcInv;

    private bool IsVictim(long number) => number == victim || (period > 0 && number > victim && (number - victim) % period == 0);
}
