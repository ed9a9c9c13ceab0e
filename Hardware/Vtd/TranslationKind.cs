namespace Iommu.Hardware.Vtd;

/// <summary>What became of a request.</summary>
public enum TranslationKind : byte
{
    Ok,
    /// <summary>Not translated: the address went through as it was.</summary>
    PassThrough,
    /// <summary>A write to the interrupt addresses without PASID: a message, not memory.</summary>
    Interrupt,
    Fault,
}
