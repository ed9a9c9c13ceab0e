using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: the n-th TLBI (counted from 0), and one in so many from there on, comes after the other TLBIs before the same CMD_SYNC. The
/// architecture promises no order there, so nobody may notice. Those of a stage 2 stay: software itself has a CMD_SYNC, or the order of
/// the queue, before the invalidation of what was made from it.
/// </summary>
/// <param name="inner">The queue.</param>
/// <param name="victim">The first victim among the TLBIs.</param>
/// <param name="period">How many further the next victim is; 0 when there is no other.</param>
public sealed class DelayedCommandQueue(ICommandQueue inner, long victim, long period = 0) : ICommandQueue
{
    private long _invalidations;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public ulong ConsumedTotal => inner.ConsumedTotal;

    /// <summary>Commands that came later than they were issued.</summary>
    public long Delayed { get; private set; }

    public int Produce(ReadOnlySpan<ulong> words)
    {
        var changed = words.ToArray();
        var (seen, delayed) = (_invalidations, 0);
        for (var i = 0; i < changed.Length; i += WordsPerCommand)
            if (MayBeLate(words[i]) && IsVictim(seen++)) delayed += Delay(changed, i);
        var taken = inner.Produce(changed);
        // What did not fit is produced again, and counted then.
        for (var i = 0; i < taken; i += WordsPerCommand)
            if (MayBeLate(words[i])) _invalidations++;
        if (taken == words.Length) Delayed += delayed;
        return taken;
    }

    public QueueStep Step() => inner.Step();

    private static bool IsTlbi(ulong word0) => (Opcode)(byte)word0 is >= Opcode.TlbiNhAll and < Opcode.AtcInv;

    // A guest's translations are invalidated after those of the stage 2 that they were made from: else they are made of it again.
    private static bool MayBeLate(ulong word0) => IsTlbi(word0) && (Opcode)(byte)word0 != Opcode.TlbiS2Ipa;

    private bool IsVictim(long number) => number == victim || (period > 0 && number > victim && (number - victim) % period == 0);

    // To the end of the run of TLBIs that it is in.
    private static int Delay(ulong[] words, int at)
    {
        var moved = 0;
        for (; at + 3 < words.Length && IsTlbi(words[at + 2]); at += 2, moved = 1)
            (words[at], words[at + 1], words[at + 2], words[at + 3]) = (words[at + 2], words[at + 3], words[at], words[at + 1]);
        return moved;
    }
}
