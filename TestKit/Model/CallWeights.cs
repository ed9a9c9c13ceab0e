using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>What a random caller does, and how often.</summary>
internal static class CallWeights
{
    public static readonly IReadOnlyList<CallWeight> Devices =
    [
        new(6, g => new DeviceBind(g.DeviceName())),
        new(2, g => new DeviceUnbind(g.Id<DeviceObject>())),
        new(7, g => new DeviceAttach(g.Id<DeviceObject>(), g.Id<IoasObject>(), g.Pasid(), g.AttachMode())),
        new(7, g => new DeviceAttach(g.Id<DeviceObject>(), g.Id<HwptObject>(), g.Pasid(), g.AttachMode())),
        new(5, g => new DeviceDetach(g.Id<DeviceObject>(), g.Pasid())),
        new(3, g => new GetHwInfo(g.Id<DeviceObject>(), g.Pick(HwInfoFlags.None, HwInfoFlags.InputType, (HwInfoFlags)(g.OneIn(9) ? 2 : 0)),
            g.Pick(HwInfoType.None, HwInfoType.Selftest, HwInfoType.ArmSmmuv3, HwInfoType.Amd))),
    ];

    public static readonly IReadOnlyList<CallWeight> Objects =
    [
        .. Devices,
        new(3, _ => new IoasAlloc()),
        new(10, g => new Destroy(g.AnyId())),
        new(7, g => g.PagingAlloc()),
        new(6, g => g.NestedAlloc(g.OneIn(4) ? g.Id<PagingObject>() : g.Id<ViommuObject>())),
        new(6, g => g.ViommuAlloc()),
        new(6, g => new VdeviceAlloc(g.Id<ViommuObject>(), g.Id<DeviceObject>(), g.Pick<ulong>(0, 1, 2, 9))),
        new(5, g => g.Invalidate()),
    ];

    public static readonly IReadOnlyList<CallWeight> Mappings =
    [
        new(9, g => g.Map(isFixed: true)),
        new(9, g => g.Map(isFixed: false)),
        new(10, g => g.Unmap()),
        new(6, g => g.Copy()),
        new(2, g => new IoasAllowIovas(g.Id<IoasObject>(), g.AllowedRanges())),
        new(2, g => new IoasIovaRanges(g.Id<IoasObject>(), g.Pick(0u, 1u, 8u))),
    ];

    public static readonly IReadOnlyList<CallWeight> Options =
    [
        new(3, g => new Option(OptionId.HugePages, g.OptionOp(), g.Id<IoasObject>(), g.Pick(0UL, 0UL, 1UL, 2UL))),
        new(1, g => new Option(g.OneIn(6) ? (OptionId)7 : OptionId.RlimitMode, g.OptionOp(), g.OneIn(6) ? g.AnyId() : default,
            g.Pick(0UL, 1UL, 2UL))),
        new(3, g => new VfioIoas(g.OneIn(12) ? (VfioIoasOp)5 : g.Pick(VfioIoasOp.Get, VfioIoasOp.Set, VfioIoasOp.Set, VfioIoasOp.Clear),
            g.Id<IoasObject>())),
    ];

    public static readonly IReadOnlyList<CallWeight> Vfio =
    [
        new(1, g => new VfioAttachGroup(g.OneIn(12))),
        new(1, g => new VfioSetIommu(g.Pick(VfioExtension.Type1, VfioExtension.Type1V2, VfioExtension.NoIommu, (VfioExtension)2))),
        new(1, g => new VfioCheckExtension(g.Pick(Enum.GetValues<VfioExtension>()))),
        new(1, _ => new VfioGetInfo()),
        new(4, g => g.MapDma()),
        new(4, g => g.UnmapDma()),
    ];

    public static readonly IReadOnlyList<CallWeight> Accesses =
    [
        new(2, g => new AccessCreate(!g.OneIn(4))),
        new(3, g => new AccessAttach(g.Id<AccessObject>(), g.Id<IoasObject>())),
        new(2, g => new AccessReplace(g.Id<AccessObject>(), g.Id<IoasObject>())),
        new(1, g => new AccessDetach(g.Id<AccessObject>())),
        new(5, g => g.AccessPin()),
        new(3, g => g.AccessUnpin()),
        new(3, g => g.AccessRw()),
        new(1, g => new AccessDestroy(g.Id<AccessObject>())),
    ];

    public static readonly IReadOnlyList<CallWeight> Guests =
    [
        new(3, g => g.HwQueueAlloc()),
        new(3, g => g.Mmap()),
        new(2, g => new Munmap(g.MmapOffset())),
        new(1, g => new MmapDuplicate(g.MmapOffset())),
        new(2, g => new HwptSetDirtyTracking(g.Id<PagingObject>(), g.OneIn(20) ? (DirtyTrackingFlags)4
            : g.Pick(DirtyTrackingFlags.None, DirtyTrackingFlags.Enable))),
        new(2, g => g.GetDirtyBitmap()),
    ];

    /// <summary>What one client of several does: no pins, whose owner would have to be told.</summary>
    public static IReadOnlyList<CallWeight> Concurrent => [.. Objects, .. Mappings, .. Options, .. Vfio, .. Guests, .. Queues];

    public static readonly IReadOnlyList<CallWeight> Queues =
    [
        new(2, g => new FaultQueueAlloc(g.OneIn(12) ? 1u : 0)),
        new(2, g => new CloseEventFile(g.OpenQueue())),
        new(2, g => new VeventqAlloc(g.Id<ViommuObject>(), g.Pick(VeventqType.Selftest, VeventqType.ArmSmmuv3, VeventqType.Default),
            g.OneIn(12) ? g.Pick(0u, (1u << 19) + 1) : 4, g.OneIn(20) ? 1u : 0)),
    ];

    /// <summary>The end of everything, now and then.</summary>
    public static readonly IReadOnlyList<CallWeight> Ends =
        [new(1, g => g.OneIn(4) && g.CanClose ? new Close() : new IoasAlloc(g.Pick(0u, 0u, 1u)))];

    public static readonly IReadOnlyList<CallWeight> All =
        [.. Objects, .. Mappings, .. Options, .. Vfio, .. Accesses, .. Guests, .. Queues, .. Ends];
}
