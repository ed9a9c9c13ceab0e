using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// Puts the invalidation queue (256 descriptors of 32 bytes) and the page request ring (2,048) into memory, as Linux does.
/// </summary>
internal static class RingSetup
{
    /// <summary>TTM of RTADDR_REG.</summary>
    public const ulong ScalableMode = 1UL << 10;

    private const int QueueOrder = 1;
    private const int PageRequestOrder = 4;
    private const ulong Width256 = 1UL << 11;

    public static Errno Apply(FrameAllocator frames, Registers registers)
    {
        if (frames.Allocate(QueueOrder) is not { } queue) return Errno.ENOMEM;
        registers.QueueAddress = queue | Width256 | QueueOrder;
        if (!registers.HasPageRequests) return Errno.None;
        if (frames.Allocate(PageRequestOrder) is not { } requests) return Errno.ENOMEM;
        registers.PageRequestAddress = requests | PageRequestOrder;
        return Errno.None;
    }
}
