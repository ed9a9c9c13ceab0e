using Iommu.Hardware.Amd.Walk;
using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd;

/// <summary>
/// What one guest has of an IOMMU: a page of registers that it can map, a command buffer, an event log and a PPR log. It is there as long
/// as the IOMMU is, and goes from owner to owner.
/// </summary>
public sealed class GuestInterface
{
    internal GuestInterface(AmdIommu iommu, AmdCore core, int index, ulong physical)
    {
        (Index, Physical) = (index, physical);
        CommandBuffer = iommu.CreateGuestBuffer($"{iommu.Name}.guest{index}.cmdbuf", Registers);
        Events = LogRing.Events(core.Memory, Registers);
        PageRequests = LogRing.Ppr(core.Memory, Registers);
    }

    public int Index { get; }

    /// <summary>Where its registers are in the physical address space.</summary>
    public ulong Physical { get; }

    public QueueRegisters Registers { get; } = new();

    /// <summary>Idle until it is given a ring.</summary>
    public CommandBuffer CommandBuffer { get; }

    public LogRing Events { get; }

    public LogRing PageRequests { get; }

    /// <summary>Off, and no trace of its owner (I10).</summary>
    internal void Reset()
    {
        CommandBuffer.Close();
        Events.Close();
        PageRequests.Close();
    }
}
