using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.Hardware.Faults;

/// <summary>
/// A queue that mistreats one invalidation, chosen by count, or one in so many from there on, and lets everything else
/// through. The place of the command in the ring is taken by a prefetch hint, which hardware may ignore.
/// </summary>
/// <param name="inner">The queue.</param>
/// <param name="victim">The first victim among the invalidations, counted from 0.</param>
/// <param name="period">How many invalidations further the next victim is; 0 when there is no other.</param>
public abstract class CommandFault(ICommandQueue inner, long victim, long period) : ICommandQueue
{
    private long _invalidations;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public virtual ulong ConsumedTotal => inner.ConsumedTotal;

    /// <summary>The last command that was mistreated; null before the first one's turn.</summary>
    public Command? Victim { get; private set; }

    protected ICommandQueue Inner => inner;

    /// <summary>Whether another victim can be taken; one whose turn comes while none can is let through.</summary>
    protected virtual bool Ready => true;

    public int Produce(ReadOnlySpan<ulong> words)
    {
        var at = FindVictim(words);
        if (at < 0) return Count(words, inner.Produce(words));
        var changed = words.ToArray();
        (changed[at], changed[at + 1]) = ((ulong)Opcode.PrefetchConfig, 0);
        var taken = inner.Produce(changed);
        if (taken > at)
        {
            Victim = new Command(words[at], words[at + 1]);
            Taken(Victim.Value);
        }
        return Count(words, taken);
    }

    public abstract QueueStep Step();

    /// <summary>The victim has been taken out of the stream.</summary>
    protected abstract void Taken(Command command);

    private static bool IsInvalidation(ulong word0) => (Opcode)(byte)word0 is >= Opcode.TlbiNhAll and <= Opcode.AtcInv;

    private int FindVictim(ReadOnlySpan<ulong> words)
    {
        var seen = _invalidations;
        for (var i = 0; Ready && i < words.Length; i += WordsPerCommand)
            if (IsInvalidation(words[i]) && IsVictim(seen++)) return i;
        return -1;
    }

    private bool IsVictim(long invalidation) =>
        invalidation == victim || (period > 0 && invalidation > victim && (invalidation - victim) % period == 0);

    private int Count(ReadOnlySpan<ulong> words, int taken)
    {
        for (var i = 0; i < taken; i += WordsPerCommand)
            if (IsInvalidation(words[i])) _invalidations++;
        return taken;
    }
}
