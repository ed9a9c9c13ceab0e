namespace Iommu.Hardware.Vtd.Formats;

/// <summary>PGTT of a PASID table entry.</summary>
public enum TranslationType : byte
{
    FirstStage = 1,
    SecondStage = 2,
    Nested = 3,
    PassThrough = 4,
}
