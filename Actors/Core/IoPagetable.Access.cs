using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core;

public sealed partial class IoPagetable
{
    private readonly Dictionary<ulong, int> _locks = [];

    public Result<ulong[]> PinForAccess(ulong iova, ulong lengthBytes, bool write, bool lockArea)
    {
        var last = iova + (lengthBytes - 1);
        var parts = Contiguous(iova, last);
        if (parts.Any(part => !part.Access.HasFlag(write ? Access.Write : Access.Read))) return Errno.EPERM;
        if (parts.Aggregate(0UL, (sum, part) => sum + part.LengthBytes) != lengthBytes) return Errno.ENOENT;
        if (lockArea)
            foreach (var area in _areas.Overlapping(iova, last)) _locks[area.Iova] = _locks.GetValueOrDefault(area.Iova) + 1;
        return _areas.Overlapping(iova, last).SelectMany(area => _pinned[area.Iova].Where(
            (_, i) => area.Iova + (ulong)i * PageBytes >= iova && area.Iova + (ulong)i * PageBytes <= last)).ToArray();
    }

    public Errno UnpinForAccess(ulong iova, ulong lengthBytes, bool lockArea)
    {
        foreach (var area in _areas.Overlapping(iova, iova + (lengthBytes - 1)))
        {
            if (_locks.GetValueOrDefault(area.Iova) == 0) return Errno.EINVAL;
            if (--_locks[area.Iova] == 0) _locks.Remove(area.Iova);
        }
        return Errno.None;
    }

    private bool IsLocked(Area area) => _locks.ContainsKey(area.Iova);
}
