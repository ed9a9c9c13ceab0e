using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Faults;

/// <summary>The vIOMMU of a <see cref="FailingDriver"/>, which counts its allocating calls too.</summary>
internal sealed class FailingViommu(FailingDriver driver, IViommuDriver inner) : ViommuDecorator(driver, inner)
{
    public override Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data) =>
        driver.IsVictim() ? Errno.ENOMEM : base.AllocNested(flags, data);

    public override Errno AddVdevice(PhysicalDevice device, ulong virtualId) =>
        driver.IsVictim() ? Errno.ENOMEM : base.AddVdevice(device, virtualId);

    public override Result<IHwQueueDriver> InitHwQueue(
        HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes) =>
        driver.IsVictim() ? Errno.ENOMEM : base.InitHwQueue(type, index, iova, physical, lengthBytes);
}
