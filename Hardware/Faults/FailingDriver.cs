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
public sealed class FailingDriver(IIommuDriver inner, long victim) : IIommuDriver
{
    private long _calls;

    public string Name => inner.Name;

    /// <summary>Calls counted so far.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    public bool Translates => inner.Translates;

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type) => inner.HwInfo(device, type);

    public DeviceCapabilities Capabilities(PhysicalDevice device) => inner.Capabilities(device);

    public IReadOnlyList<IovaRange> ReservedRegions(PhysicalDevice device) => inner.ReservedRegions(device);

    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default) =>
        IsVictim() ? Errno.ENOMEM : inner.AllocPaging(device, flags, data);

    public Type Kind => inner.Kind;

    public bool SupportsNested => inner.SupportsNested;

    public Result<INestedDomain> AllocNested(PhysicalDevice device, IPagingDomain parent, HwptAllocFlags flags, UserData data) =>
        IsVictim() ? Errno.ENOMEM : inner.AllocNested(device, parent, flags, data);

    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) =>
        to is not null && IsVictim() ? Errno.ENOMEM : inner.Attach(device, from, to);

    public Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to) =>
        to is not null && IsVictim() ? Errno.ENOMEM : inner.AttachPasid(device, pasid, from, to);

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => inner.SupportsViommu(device, type);

    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (IsVictim()) return Errno.ENOMEM;
        var viommu = inner.AllocViommu(device, parent, data, services);
        return viommu.Failed ? viommu.Errno : new FailingViommu(this, viommu.Value!);
    }

    public IEnumerable<CommandBatch> RespondToFaults(PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code) =>
        inner.RespondToFaults(device, group, code);

    internal bool IsVictim() => Interlocked.Increment(ref _calls) - 1 == victim;
}
