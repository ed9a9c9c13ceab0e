using Iommu.Messages;

namespace Iommu.Actors.Core;

public sealed partial class IoPagetable
{
    private readonly List<(IovaRange Range, object Owner)> _reserved = [];

    /// <returns>EADDRINUSE when an area is in the way; nothing of this owner is reserved then.</returns>
    public Errno Reserve(IReadOnlyList<IovaRange> ranges, object owner)
    {
        if (ranges.Any(range => _areas.AnyIn(range.Start, range.Last))) return Errno.EADDRINUSE;
        _reserved.AddRange(ranges.Select(range => (range, owner)));
        return Errno.None;
    }

    public void Unreserve(object owner) => _reserved.RemoveAll(reserved => reserved.Owner == owner);

    private bool IsReserved(ulong first, ulong last) =>
        _reserved.Exists(reserved => reserved.Range.Start <= last && reserved.Range.Last >= first);
}
