using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>Puts the three rings into memory, 512 entries of 16 bytes each, as Linux does.</summary>
internal static class RingSetup
{
    /// <summary>The control register: IOMMU, event log, command buffer, PPR log and PPR, guest translation, GCR3TRPMode.</summary>
    public const ulong Control =
        1 | (1UL << 2) | (1UL << 12) | (1UL << 13) | (1UL << 15) | (1UL << 16) | (1UL << 58);

    private const int EntriesLog2 = 9;
    private const int OrderLog2 = EntriesLog2 + 4 - PhysicalMemory.PageLog2;

    /// <summary>False when there is no memory for them.</summary>
    public static bool Apply(FrameAllocator frames, Registers registers)
    {
        const ulong size = (ulong)EntriesLog2 << 56;
        if (frames.Allocate(OrderLog2) is not { } commands) return false;
        if (frames.Allocate(OrderLog2) is not { } events) return false;
        if (frames.Allocate(OrderLog2) is not { } requests) return false;
        (registers.CommandBuffer, registers.EventLog, registers.PprLog) = (commands | size, events | size, requests | size);
        return true;
    }
}
