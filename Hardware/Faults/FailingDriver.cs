using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: the n-th call that may allocate (counted from 0) fails with ENOMEM before anything has happened. Counted are AllocPaging,
/// AllocNested, AllocViommu, and Attach and AttachPasid to a domain; on the vIOMMUs that it hands out AllocNested, AddVdevice and
/// InitHwQueue.
/// </summary>
public sealed class FailingDriver(IIommuDriver inner, long victim) : DriverDecorator(inner)
{
    private long _calls;

    /// <summary>Calls counted so far.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    public override Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default) =>
        IsVictim() ? Errno.ENOMEM : base.AllocPaging(device, flags, data);

    public override Result<INestedDomain> AllocNested(
        PhysicalDevice device, IPagingDomain parent, HwptAllocFlags flags, UserData data) =>
        IsVictim() ? Errno.ENOMEM : base.AllocNested(device, parent, flags, data);

    public override Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) =>
        to is not null && IsVictim() ? Errno.ENOMEM : base.Attach(device, from, to);

    public override Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to) =>
        to is not null && IsVictim() ? Errno.ENOMEM : base.AttachPasid(device, pasid, from, to);

    public override Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (IsVictim()) return Errno.ENOMEM;
        var viommu = base.AllocViommu(device, parent, data, services);
        return viommu.Failed ? viommu.Errno : new FailingViommu(this, viommu.Value!);
    }

    internal bool IsVictim() => Interlocked.Increment(ref _calls) - 1 == victim;
}
