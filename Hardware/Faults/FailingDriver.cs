using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: the n-th call that may allocate (counted from 0) fails with ENOMEM before anything has happened. Counted are
/// AllocPaging, Attach and AllocViommu, and on the vIOMMUs that it hands out AllocNested and AddVdevice.
/// </summary>
public sealed class FailingDriver(IIommuDriver inner, long victim) : IIommuDriver
{
    private long _calls;

    public string Name => inner.Name;

    /// <summary>Calls counted so far.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    public HwInfo HwInfo(PhysicalDevice device) => inner.HwInfo(device);

    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags) =>
        IsVictim() ? Errno.ENOMEM : inner.AllocPaging(device, flags);

    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) =>
        IsVictim() ? Errno.ENOMEM : inner.Attach(device, from, to);

    public Result<IViommuDriver> AllocViommu(PhysicalDevice device, IPagingDomain parent, ViommuType type, ReadOnlyMemory<byte> userData)
    {
        if (IsVictim()) return Errno.ENOMEM;
        var viommu = inner.AllocViommu(device, parent, type, userData);
        return viommu.Failed ? viommu.Errno : new FailingViommu(this, viommu.Value!);
    }

    internal bool IsVictim() => Interlocked.Increment(ref _calls) - 1 == victim;
}
