namespace Iommu.Hardware.Smmuv3;

/// <summary>A stage of translation: 1 is the guest's (or the host's own), 2 maps intermediate to physical addresses.</summary>
public enum Stage : byte
{
    One = 1,
    Two = 2,
}
