using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>How one half of a stage-1 address space translates: TTB0 or TTB1 of a context descriptor.</summary>
/// <param name="Geometry">The shape of its tables.</param>
/// <param name="Root">Where its first table is (intermediate when stage 2 is on).</param>
/// <param name="IsUpper">TTB1: addresses whose upper bits are all ones.</param>
/// <param name="IgnoresTopByte">TBI: bits 63:56 are a tag.</param>
/// <param name="IgnoresHierarchy">HAD: permissions in table descriptors are ignored.</param>
public sealed record Stage1Regime(TableGeometry Geometry, ulong Root, bool IsUpper, bool IgnoresTopByte, bool IgnoresHierarchy)
{
    /// <summary>Whether an address belongs to this half; its tag, if any, has been taken off before.</summary>
    public bool Covers(ulong va)
    {
        var upper = va >> Geometry.InputBits;
        return upper == (IsUpper ? Mask(64 - Geometry.InputBits) : 0);
    }
}
