using Iommu.Hardware.Drivers;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>Guests with an invalidation queue of their own.</summary>
public sealed partial class VtdDriver
{
    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => type == ViommuType.VtdDirect && Registers.HasNesting;

    /// <returns>EOPNOTSUPP another type; EINVAL no nest parent of its own, or a length; ENOMEM.</returns>
    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (!SupportsViommu(device, (ViommuType)data.Type)) return Errno.EOPNOTSUPP;
        return parent is VtdPagingDomain { IsNestParent: true } domain && ReferenceEquals(domain.Iommu, this)
            ? VtdViommu.Create(this, domain, data, services) : Errno.EINVAL;
    }

    internal ulong? AllocateRegisterPage() => _frames.Allocate();

    internal void FreeRegisterPage(ulong page) => _frames.Free(page);

    internal GuestInvalidationQueue CreateGuestQueue(
        VtdViommu viommu, VtdPagingDomain parent, ulong ring, ulong lengthBytes, ulong registers)
    {
        var words = new ulong[PasidEntry.Words];
        PasidWords.SecondStage(parent.Table, parent.DomainId, parent.TracksDirty).CopyTo(words, 0);
        var memoryOfGuest = PasidEntry.Decode(words, Registers).Entry!;
        return new GuestInvalidationQueue(
            $"{Name}.guest{parent.DomainId}", _unit, viommu.Ids, memoryOfGuest, ring, lengthBytes, registers);
    }
}
