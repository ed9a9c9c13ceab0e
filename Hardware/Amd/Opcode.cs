namespace Iommu.Hardware.Amd;

/// <summary>The commands of an AMD IOMMU's command buffer (AMD 48882, 2.4).</summary>
public enum Opcode : byte
{
    CompletionWait = 0x1,
    InvalidateDevtabEntry = 0x2,
    InvalidateIommuPages = 0x3,
    InvalidateIotlbPages = 0x4,
    InvalidateInterruptTable = 0x5,
    PrefetchIommuPages = 0x6,
    CompletePprRequest = 0x7,
    InvalidateIommuAll = 0x8,
}
