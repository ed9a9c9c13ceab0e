using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>Guests: which of the IOMMU's interfaces is whose.</summary>
public sealed partial class AmdDriver
{
    private readonly GuestSlots<AmdViommu> _guests;

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => type == ViommuType.Amd && CanNest;

    /// <returns>
    /// EOPNOTSUPP another type; EINVAL no nest parent of its own, or user data of another length; ENOSPC no interface or domain id left.
    /// </returns>
    public Result<IViommuDriver> AllocViommu(PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (!SupportsViommu(device, (ViommuType)data.Type)) return Errno.EOPNOTSUPP;
        if (parent is not AmdPagingDomain { IsNestParent: true } domain || !ReferenceEquals(domain.Iommu, this)) return Errno.EINVAL;
        if (_guests.Take(services) is not { } taken) return Errno.ENOSPC;
        var guest = Hardware.Guests[taken.Slot];
        if (taken.Predecessor is null) guest.Reset();
        var created = AmdViommu.Create(this, domain, guest, taken.Predecessor, data, services);
        if (!created.Failed) _guests.Give(taken.Slot, services, created.Value!);
        else if (taken.Predecessor is null) _guests.Free(taken.Slot);
        return created.Failed ? created.Errno : created.Value!;
    }

    /// <summary>Off, and no trace of its owner; another may have it then.</summary>
    internal void FreeGuest(GuestInterface guest)
    {
        guest.Reset();
        _guests.Free(guest.Index);
    }
}
