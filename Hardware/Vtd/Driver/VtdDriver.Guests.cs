using Iommu.Hardware.Drivers;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>Guests with an invalidation queue of their own.</summary>
public sealed partial class VtdDriver
{
    private readonly GuestSlots<VtdViommu> _guests;

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => type == ViommuType.VtdDirect && Registers.HasNesting;

    /// <returns>EOPNOTSUPP another type; EINVAL no nest parent of its own, or a length; ENOSPC no queue for guests is left.</returns>
    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (!SupportsViommu(device, (ViommuType)data.Type)) return Errno.EOPNOTSUPP;
        if (parent is not VtdPagingDomain { IsNestParent: true } domain || !ReferenceEquals(domain.Iommu, this)) return Errno.EINVAL;
        if (_guests.Take(services) is not { } taken) return Errno.ENOSPC;
        var queue = _unit.GuestQueues[taken.Slot];
        if (taken.Predecessor is null) queue.Close();
        var created = VtdViommu.Create(this, domain, queue, data, services);
        if (!created.Failed)
        {
            queue.Assign(created.Value!.Ids, MemoryOf(domain));
            if (taken.Predecessor is null) queue.Resume();
            _guests.Give(taken.Slot, services, created.Value);
        }
        else if (taken.Predecessor is null) _guests.Free(taken.Slot);
        return created.Failed ? created.Errno : created.Value!;
    }

    /// <summary>Off, and no trace of its owner; another may have it then.</summary>
    internal void FreeGuestQueue(GuestInvalidationQueue queue)
    {
        queue.Close();
        _guests.Free(queue.Index);
    }

    private PasidEntry MemoryOf(VtdPagingDomain parent)
    {
        var words = new ulong[PasidEntry.Words];
        PasidWords.SecondStage(parent.Table, parent.DomainId, parent.TracksDirty).CopyTo(words, 0);
        return PasidEntry.Decode(words, Registers).Entry!;
    }
}
