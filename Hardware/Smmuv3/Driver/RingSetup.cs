using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>Puts the rings into memory: 1,024 commands of 16 bytes, 512 events of 32 bytes, 512 page requests of 16 bytes.</summary>
internal static class RingSetup
{
    private const int CommandsLog2 = 10;
    private const int EventsLog2 = 9;
    private const int PageRequestsLog2 = 9;
    private const int RingOrder = CommandsLog2 + 4 - PhysicalMemory.PageLog2;

    public static Errno Apply(FrameAllocator frames, Registers registers)
    {
        if (frames.Allocate(RingOrder) is not { } commands) return Errno.ENOMEM;
        if (frames.Allocate(RingOrder) is not { } events) return Errno.ENOMEM;
        registers.CommandQueueBase = commands | CommandsLog2;
        registers.EventQueueBase = events | EventsLog2;
        if (!registers.HasPageRequests) return Errno.None;
        if (frames.Allocate(RingOrder - 1) is not { } requests) return Errno.ENOMEM;
        registers.PageRequestQueueBase = requests | PageRequestsLog2;
        return Errno.None;
    }
}
