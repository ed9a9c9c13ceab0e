using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Faults;

/// <summary>A vIOMMU that does what another does, but for what a derived class overrides.</summary>
/// <param name="driver">Whose it is: that which decorates the driver of the other.</param>
/// <param name="inner">The other.</param>
public abstract class ViommuDecorator(IIommuDriver driver, IViommuDriver inner) : IViommuDriver
{
    public IIommuDriver Iommu => driver;

    public IPagingDomain Parent => inner.Parent;

    public ReadOnlyMemory<byte> UserDataBack => inner.UserDataBack;

    public bool SupportsHwQueue(HwQueueType type) => inner.SupportsHwQueue(type);

    public virtual Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data) => inner.AllocNested(flags, data);

    public virtual Errno AddVdevice(PhysicalDevice device, ulong virtualId) => inner.AddVdevice(device, virtualId);

    public virtual void RemoveVdevice(ulong virtualId) => inner.RemoveVdevice(virtualId);

    public virtual PreparedInvalidation Invalidate(
        InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum) =>
        inner.Invalidate(dataType, entries, entryLength, entryNum);

    public virtual Result<IHwQueueDriver> InitHwQueue(
        HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes) =>
        inner.InitHwQueue(type, index, iova, physical, lengthBytes);

    public virtual bool HasInterface => inner.HasInterface;

    public virtual void Recovered() => inner.Recovered();

    public virtual IEnumerable<CommandBatch> Free() => inner.Free();
}
