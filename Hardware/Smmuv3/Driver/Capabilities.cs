namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>What the driver read from the identification registers and checks a guest's commands against.</summary>
internal readonly record struct Capabilities(bool HasRanges, bool HasAts, int AsidBits, int SubstreamIdBits)
{
    public static Capabilities Of(Registers registers) =>
        new(registers.HasRangeInvalidation, registers.HasAts, registers.AsidBits, registers.SubstreamIdBits);
}
