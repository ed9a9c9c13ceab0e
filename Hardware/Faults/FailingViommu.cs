using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Faults;

/// <summary>The vIOMMU of a <see cref="FailingDriver"/>, which counts its allocating calls too.</summary>
internal sealed class FailingViommu(FailingDriver driver, IViommuDriver inner) : IViommuDriver
{
    public IIommuDriver Iommu => driver;

    public IPagingDomain Parent => inner.Parent;

    public ReadOnlyMemory<byte> UserDataBack => inner.UserDataBack;

    public Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data) =>
        driver.IsVictim() ? Errno.ENOMEM : inner.AllocNested(flags, data);

    public Errno AddVdevice(PhysicalDevice device, ulong virtualId) =>
        driver.IsVictim() ? Errno.ENOMEM : inner.AddVdevice(device, virtualId);

    public void RemoveVdevice(ulong virtualId) => inner.RemoveVdevice(virtualId);

    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum) =>
        inner.Invalidate(dataType, entries, entryLength, entryNum);

    public bool SupportsHwQueue(HwQueueType type) => inner.SupportsHwQueue(type);

    public Result<IHwQueueDriver> InitHwQueue(HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes) =>
        driver.IsVictim() ? Errno.ENOMEM : inner.InitHwQueue(type, index, iova, physical, lengthBytes);

    public void Recovered() => inner.Recovered();

    public IEnumerable<CommandBatch> Free() => inner.Free();
}
