namespace Iommu.Hardware.Vtd;

/// <summary>Why an invalidation queue stopped: IQEI of IQER_REG (section 11.4.9.9).</summary>
public enum QueueError : byte
{
    None = 0,
    InvalidTail = 1,
    Fetch = 2,
    DescriptorType = 3,
    ReservedField = 4,
    DescriptorWidth = 5,
    TailAlignment = 6,
}
