using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>A piece of a page array: who uses each page, and where those that are used are.</summary>
internal sealed class PageChunk(int pages)
{
    private readonly ulong[] _frames = new ulong[pages];
    private readonly int[] _uses = new int[pages];

    /// <summary>Pages that somebody uses, so that they are pinned.</summary>
    public int Pinned { get; private set; }

    public ulong FrameOf(int page) => _frames[page];

    public int UsesOf(int page) => _uses[page];

    /// <summary>One use more of each page; those that had none are pinned, each run of them at once.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="address">The address of the first one there.</param>
    /// <param name="first">The first one here.</param>
    /// <param name="count">How many.</param>
    /// <param name="done">For how many it was done: all, or those before the error.</param>
    public Errno Use(IPageSource source, ulong address, int first, int count, out int done)
    {
        for (done = 0; done < count;)
        {
            var run = RunOf(_uses.AsSpan(first + done, count - done));
            if (_uses[first + done] == 0)
            {
                var errno = source.Pin(address + (ulong)done * PinnedPages.PageBytes, _frames.AsSpan(first + done, run));
                if (errno != Errno.None) return errno;
                Pinned += run;
            }
            foreach (ref var uses in _uses.AsSpan(first + done, run)) uses++;
            done += run;
        }
        return Errno.None;
    }

    /// <summary>One use less of each page; those that have none left are unpinned.</summary>
    public void EndUse(IPageSource source, int first, int count)
    {
        foreach (ref var uses in _uses.AsSpan(first, count))
            if (--uses < 0) throw new InvariantViolation("I5", "a page is used by fewer than have given it up");
        for (var page = first; page < first + count;)
        {
            var run = RunOf(_uses.AsSpan(page, first + count - page));
            if (_uses[page] == 0)
            {
                source.Unpin(_frames.AsSpan(page, run));
                Pinned -= run;
            }
            page += run;
        }
    }

    /// <summary>Unpins whatever is used.</summary>
    public void EndAllUses(IPageSource source)
    {
        for (var page = 0; page < pages;)
        {
            var run = RunOf(_uses.AsSpan(page));
            if (_uses[page] > 0) source.Unpin(_frames.AsSpan(page, run));
            page += run;
        }
        Array.Clear(_uses);
        Pinned = 0;
    }

    /// <summary>How many pages from the first on are in use as it is, or not in use as it is.</summary>
    private static int RunOf(ReadOnlySpan<int> uses)
    {
        var run = 1;
        while (run < uses.Length && uses[run] == 0 == (uses[0] == 0)) run++;
        return run;
    }
}
