using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Tests.Persistence.Serialization;

/// <summary>Every event of the journal, and the manifest under which its bytes are frozen: see <see cref="FrozenEvents"/>.</summary>
public static class EventSamples
{
    private static readonly byte[] Ste = [0x0d, 0, 0, 0, 0xff, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    public static IReadOnlyList<(object Event, string Manifest)> All { get; } =
    [
        (new DeviceBound(new(1), "iommufd_mock0", new(12), 4), "device-bound.v2"),
        (new IoasAllocated(new(2), "iommu/ioas/guest/2.1"), "ioas-allocated.v1"),
        (new HwptPagingAllocated(new(3), new(2), "0000:00:05.0", HwptAllocFlags.FaultIdValid, false, new(7), HwptDataType.Selftest, [1]),
            "hwpt-paging-allocated.v2"),
        (new HwptNestedAllocated(new(5), new(4), HwptDataType.ArmSmmuv3, Ste, HwptAllocFlags.FaultIdValid, new(7), "0000:00:05.0"),
            "hwpt-nested-allocated.v2"),
        (new ViommuAllocated(new(4), new(3), "0000:00:05.0", ViommuType.ArmSmmuv3, []), "viommu-allocated.v1"),
        (new VdeviceAllocated(new(6), new(4), new(1), 0xffff_ffff_ffff_fff0), "vdevice-allocated.v1"),
        (new FaultQueueAllocated(new(7)), "fault-queue-allocated.v1"),
        (new VeventqAllocated(new(8), new(4), VeventqType.ArmSmmuv3, 64), "veventq-allocated.v1"),
        (new VeventqSequenceReserved(new(8), 4096), "veventq-sequence-reserved.v1"),
        (new HwQueueAllocated(new(9), new(4), HwQueueType.Tegra241Cmdqv, 1, 0x1000, 4096, new(10)), "hw-queue-allocated.v1"),
        (new AccessCreated(new(11), true), "access-created.v1"),
        (new SelftestCreated(new(12), new(1)), "selftest-created.v1"),
        (new ObjectDestroyed(new(uint.MaxValue)), "object-destroyed.v1"),
        (new VdeviceTombstoned(new(6)), "vdevice-tombstoned.v1"),
        (new TombstonesCleared(), "tombstones-cleared.v1"),
        (new DeviceAttached(new(1), new(5), 3), "device-attached.v2"),
        (new DeviceDetached(new(1), 3), "device-detached.v2"),
        (new DirtyTrackingSet(new(3), true), "dirty-tracking-set.v1"),
        (new AccessAttached(new(11), new(2)), "access-attached.v1"),
        (new AccessDetached(new(11)), "access-detached.v1"),
        (new RlimitModeSet(1), "rlimit-mode-set.v1"),
        (new VfioIoasSet(new(2)), "vfio-ioas-set.v1"),
        (new VfioNoIommuSet(), "vfio-no-iommu-set.v1"),
        (new AreaMapped(0x4000_0000, 0x20_0000, 0x7f00_0000_0000, Access.ReadWrite, 5, 6, 0x7f00_0000_0000, 0x40_0000, true, 8),
            "area-mapped.v3"),
        (new AreasUnmapped(0x4000_0000, 0xffff_ffff_ffff_0000), "areas-unmapped.v1"),
        (new AreaCut(0x4000_0fff), "area-cut.v1"),
        (new PagesRevoked(5), "pages-revoked.v1"),
        (new IovasAllowed([new(0x1000, 0x1fff)]), "iovas-allowed.v1"),
        (new IovasReserved(0x1000, 0x1fff), "iovas-reserved.v1"),
        (new LargePagesSet(false), "large-pages-set.v1"),
        (new ContextOpened("guest é"), "context-opened.v1"),
        (new ContextClosed("guest"), "context-closed.v1"),
    ];

    /// <summary>Rows as earlier versions wrote them, and the event that they read as.</summary>
    public static IReadOnlyList<(object Event, string Manifest)> Earlier { get; } =
    [
        (new DeviceBound(new(1), "0000:00:05.0"), "device-bound.v1"),
        (new HwptPagingAllocated(new(3), new(2), "0000:00:05.0", HwptAllocFlags.NestParent, false), "hwpt-paging-allocated.v1"),
        (new HwptNestedAllocated(new(5), new(4), HwptDataType.ArmSmmuv3, Ste), "hwpt-nested-allocated.v1"),
        (new DeviceAttached(new(1), new(5)), "device-attached.v1"),
        (new DeviceDetached(new(1)), "device-detached.v1"),
        (new AreaMapped(0x4000_0000, 0x20_0000, 0x7f00_0000_0000, Access.ReadWrite), "area-mapped.v1"),
        (new AreaMapped(0x4000_0000, 0x20_0000, 0x7f00_0000_0000, Access.ReadWrite, 5, 6, 0x7f00_0000_0000, 0x40_0000, true),
            "area-mapped.v2"),
    ];
}
