using System.Runtime.CompilerServices;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Guests;

/// <summary>An SMMUv3 whose vIOMMU has a VINTF.</summary>
internal sealed class Tegra241GuestIommu : Smmuv3GuestIommu
{
    public override ViommuType? Viommu => ViommuType.Tegra241Cmdqv;

    // A VINTF each is all there is.
    public override (ViommuType Type, byte[] Data)? SpareViommu => (ViommuType.ArmSmmuv3, []);

    public override byte[] ViommuData => new byte[Unsafe.SizeOf<IommuViommuTegra241Cmdqv>()];
}
