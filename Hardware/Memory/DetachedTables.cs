namespace Iommu.Hardware.Memory;

/// <summary>
/// Tables of translations that have left their tree, until no cache can lead a walk into them any more: then their frames are given back.
/// </summary>
/// <param name="frames">Where the frames are from.</param>
public sealed class DetachedTables(FrameAllocator frames)
{
    private readonly List<(ulong Table, ulong First, ulong Last)> _detached = [];

    /// <param name="table">Its frame.</param>
    /// <param name="first">The first address that it translated.</param>
    /// <param name="last">The last one.</param>
    public void Add(ulong table, ulong first, ulong last) => _detached.Add((table, first, last));

    /// <summary>
    /// Takes those whose addresses touch a range, for <see cref="Free"/> once that range is invalidated. Those elsewhere stay: the caches
    /// may point to them until their own range is.
    /// </summary>
    public List<ulong> Take(ulong first, ulong last)
    {
        var taken = _detached.Where(Touches).Select(detached => detached.Table).ToList();
        _detached.RemoveAll(Touches);
        return taken;

        bool Touches((ulong Table, ulong First, ulong Last) detached) => detached.First <= last && first <= detached.Last;
    }

    public void Free(List<ulong> tables)
    {
        foreach (var table in tables) frames.Free(table);
    }
}
