using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>Calls of an SMMUv3's driver as a plain loop makes them, in short.</summary>
internal static class DriverCalls
{
    public static Result<IViommuDriver> AllocViommu(this IIommuDriver driver, PhysicalDevice device, IPagingDomain parent) =>
        driver.AllocViommu(device, parent, new UserData(ViommuType.ArmSmmuv3), NoViommuServices.Instance);

    /// <param name="viommu">On which vIOMMU.</param>
    /// <param name="entry">The first two words of a stream table entry.</param>
    public static Result<INestedDomain> AllocNested(this IViommuDriver viommu, ReadOnlyMemory<byte> entry) =>
        viommu.AllocNested(HwptAllocFlags.None, new UserData(HwptDataType.ArmSmmuv3, entry));
}
