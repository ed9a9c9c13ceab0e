using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>The driver of what one make of SMMUv3 has beyond the architecture (struct arm_smmu_impl_ops).</summary>
internal interface ISmmuv3Implementation
{
    /// <returns>EOPNOTSUPP for a type that it has not.</returns>
    Result<HwInfo> HwInfo(HwInfoType type);

    /// <summary>Whether it has vIOMMUs of a type other than the architecture's.</summary>
    bool SupportsViommu(ViommuType type);

    /// <param name="parent">A nest parent of this SMMU.</param>
    /// <param name="vmid">The vIOMMU's own; it gives it back when it is freed, and does not when this fails.</param>
    /// <param name="data">What came with the call.</param>
    /// <param name="services">The core's.</param>
    Result<Smmuv3Viommu> CreateViommu(Smmuv3PagingDomain parent, int vmid, UserData data, IViommuServices services);
}
