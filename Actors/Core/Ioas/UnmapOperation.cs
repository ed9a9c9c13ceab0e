using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>
/// An unmap (iopt_unmap_iova_range): area after area, waiting for hardware and for those who pin. Between two steps other calls run.
/// It is not atomic: what is torn down stays so when it fails.
/// </summary>
public sealed class UnmapOperation
{
    private const int TriesMax = 100;

    private readonly IoPagetable _pagetable;
    private readonly ulong _last;
    private ulong _start;
    private int _tries;
    private bool _notified;

    internal UnmapOperation(IoPagetable pagetable, IovaRange range) =>
        (_pagetable, _start, _last) = (pagetable, range.Start, range.Last);

    /// <summary>Bytes unmapped so far.</summary>
    public ulong UnmappedBytes { get; private set; }

    private bool AtTheEnd { get; set; }

    /// <summary>
    /// The next thing to do. Call it again when that is done: areas flushed and <see cref="IoPagetable.Finish">finished</see>, or all
    /// accesses asked.
    /// </summary>
    public UnmapStep Next()
    {
        if (_notified)
        {
            _notified = false;
            if (++_tries > TriesMax) return UnmapStep.Ended(Errno.EDEADLK);
        }
        var torn = new List<IoArea>();
        while (!AtTheEnd && _pagetable.FirstIn(_start, _last) is { } area)
        {
            if (Refusal(area) is var errno and not Errno.None) return torn.Count > 0 ? UnmapStep.TornDown(torn) : UnmapStep.Ended(errno);
            if (area.Iova != _start) _tries = 0;
            if (area.Accesses > 0)
            {
                if (torn.Count > 0) return UnmapStep.TornDown(torn);
                (_start, area.PreventsAccess, _notified) = (area.Iova, true, true);
                return UnmapStep.AskAccesses(area);
            }
            _pagetable.BeginTearDown(area);
            torn.Add(area);
            UnmappedBytes += area.LengthBytes;
            // What is mapped meanwhile where this was is not this unmap's.
            AtTheEnd = area.Last >= _last;
            _start = AtTheEnd ? _start : area.Last + 1;
        }
        return torn.Count > 0 ? UnmapStep.TornDown(torn) : UnmapStep.Ended(Errno.None);
    }

    private Errno Refusal(IoArea area)
    {
        if (area.State != AreaState.Mapped || area.Locks > 0) return Errno.EBUSY;
        return area.Iova < _start || area.Last > _last ? Errno.ENOENT : Errno.None;
    }
}

/// <summary>What an unmap waits for, or that it has ended.</summary>
/// <param name="TearDown">Areas out of the domains, to be flushed and finished; null when it waits for something else.</param>
/// <param name="Asked">The area that accesses are to let go of; null when it waits for something else.</param>
/// <param name="Errno">When it has ended, with what.</param>
public readonly record struct UnmapStep(IReadOnlyList<IoArea>? TearDown, IoArea? Asked, Errno Errno)
{
    internal static UnmapStep TornDown(IReadOnlyList<IoArea> areas) => new(areas, null, Errno.None);

    internal static UnmapStep AskAccesses(IoArea area) => new(null, area, Errno.None);

    internal static UnmapStep Ended(Errno errno) => new(null, null, errno);
}
