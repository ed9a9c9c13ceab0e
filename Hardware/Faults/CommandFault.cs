using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Faults;

/// <summary>
/// A queue that mistreats some invalidations, chosen by count, and lets everything else through. The place of the command in the ring is
/// taken by one that hardware has nothing to do at.
/// </summary>
/// <param name="inner">The queue, of the host or a guest's half of its own.</param>
/// <param name="set">What its commands are.</param>
/// <param name="victims">Which invalidations.</param>
/// <param name="isGuests">Whether it is a guest's.</param>
public abstract class CommandFault(ICommandQueue inner, CommandSet set, Victims victims, bool isGuests) : ICommandQueue
{
    private long _invalidations;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public virtual ulong ConsumedTotal => inner.ConsumedTotal;

    /// <summary>The last command that was mistreated; empty before the first one's turn.</summary>
    public ReadOnlyMemory<ulong> Victim { get; private set; }

    public int Produce(ReadOnlySpan<ulong> words)
    {
        if (!words.IsEmpty) Begin();
        var at = FindVictim(words);
        if (at < 0) return Count(words, inner.Produce(words));
        var changed = words.ToArray();
        (isGuests ? set.NothingOfGuest : set.Nothing).CopyTo(changed.AsSpan(at));
        var taken = inner.Produce(changed);
        if (taken > at)
        {
            Victim = words.Slice(at, WordsPerCommand).ToArray();
            Taken(Victim);
        }
        return Count(words, taken);
    }

    public QueueStep Step() => inner.Step();

    /// <summary>Commands are about to be produced.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>The victim has been taken out of the stream.</summary>
    protected virtual void Taken(ReadOnlyMemory<ulong> command)
    {
    }

    /// <summary>So many commands have gone into the ring.</summary>
    protected virtual void Passed(int commands)
    {
    }

    private int FindVictim(ReadOnlySpan<ulong> words)
    {
        var seen = _invalidations;
        for (var i = 0; i < words.Length; i += WordsPerCommand)
            if (set.IsInvalidation(words.Slice(i, WordsPerCommand)) && victims.Contains(seen++)) return i;
        return -1;
    }

    private int Count(ReadOnlySpan<ulong> words, int taken)
    {
        for (var i = 0; i < taken; i += WordsPerCommand)
            if (set.IsInvalidation(words.Slice(i, WordsPerCommand))) _invalidations++;
        Passed(taken / WordsPerCommand);
        return taken;
    }
}
