namespace Iommu.Hardware.Smmuv3;

/// <summary>STE.Config: which stages translate a stream. Bit 2 lets transactions through, bit 0 is stage 1, bit 1 stage 2.</summary>
public enum StreamConfig : byte
{
    Abort = 0,
    Bypass = 4,
    Stage1 = 5,
    Stage2 = 6,
    Nested = 7,
}
