using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: an invalidation comes after the others beside it that software has put behind it, before the same synchronization. The
/// architecture promises no order there (<see cref="CommandSet.MayBeLate"/>), so nobody may notice.
/// </summary>
/// <param name="inner">The queue.</param>
/// <param name="set">What its commands are.</param>
/// <param name="victims">Which, of those that may be late.</param>
public sealed class DelayedCommandQueue(ICommandQueue inner, CommandSet set, Victims victims) : ICommandQueue
{
    private long _movable;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public ulong ConsumedTotal => inner.ConsumedTotal;

    /// <summary>Commands that came later than they were issued.</summary>
    public long Delayed { get; private set; }

    public int Produce(ReadOnlySpan<ulong> words)
    {
        var changed = words.ToArray();
        var (seen, delayed) = (_movable, 0);
        for (var i = 0; i < changed.Length; i += WordsPerCommand)
            if (set.MayBeLate(words.Slice(i, WordsPerCommand)) && victims.Contains(seen++)) delayed += Delay(changed, i);
        var taken = inner.Produce(changed);
        // What did not fit is produced again, and counted then.
        for (var i = 0; i < taken; i += WordsPerCommand)
            if (set.MayBeLate(words.Slice(i, WordsPerCommand))) _movable++;
        if (taken == words.Length) Delayed += delayed;
        return taken;
    }

    public QueueStep Step() => inner.Step();

    // To the end of the run that it is in.
    private int Delay(Span<ulong> words, int at)
    {
        var (each, moved) = (WordsPerCommand, 0);
        Span<ulong> late = stackalloc ulong[each];
        words.Slice(at, each).CopyTo(late);
        for (var next = at + each; next < words.Length && set.MayBeOvertaken(words.Slice(next, each)); next += each, moved = 1)
        {
            words.Slice(next, each).CopyTo(words[(next - each)..]);
            late.CopyTo(words[next..]);
        }
        return moved;
    }
}
