using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Tests.Persistence.Serialization;

/// <summary>Every event of the journal, with the manifest and the very bytes (UTF-8) that a journal holds of it.</summary>
public static class EventSamples
{
    private static readonly byte[] Ste = [0x0d, 0, 0, 0, 0xff, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    public static IReadOnlyList<(object Event, string Manifest, string Json)> All { get; } =
    [
        (new DeviceBound(new(1), "iommufd_mock0", new(12), 4), "device-bound.v2",
            """{"name":"iommufd_mock0","selftest":12,"mockFlags":4,"id":1}"""),
        (new IoasAllocated(new(2), "iommu/ioas/guest/2.1"), "ioas-allocated.v1",
            """{"stream":"iommu/ioas/guest/2.1","id":2}"""),
        (new HwptPagingAllocated(new(3), new(2), "0000:00:05.0", HwptAllocFlags.FaultIdValid, false, new(7), HwptDataType.Selftest, [1]),
            "hwpt-paging-allocated.v2",
            """{"ioas":2,"deviceName":"0000:00:05.0","flags":4,"auto":false,"faultQueue":7,"dataType":57005,"data":"AQ==","id":3}"""),
        (new HwptNestedAllocated(new(5), new(4), HwptDataType.ArmSmmuv3, Ste, HwptAllocFlags.FaultIdValid, new(7), "0000:00:05.0"),
            "hwpt-nested-allocated.v2",
            """{"viommu":4,"dataType":2,"data":"DQAAAP8AAAABAgMEBQYHCA==","flags":4,"faultQueue":7,"deviceName":"0000:00:05.0","id":5}"""),
        (new ViommuAllocated(new(4), new(3), "0000:00:05.0", ViommuType.ArmSmmuv3, []), "viommu-allocated.v1",
            """{"hwpt":3,"deviceName":"0000:00:05.0","viommuType":1,"data":"","id":4}"""),
        (new VdeviceAllocated(new(6), new(4), new(1), 0xffff_ffff_ffff_fff0), "vdevice-allocated.v1",
            """{"viommu":4,"device":1,"virtualId":18446744073709551600,"id":6}"""),
        (new FaultQueueAllocated(new(7)), "fault-queue-allocated.v1",
            """{"id":7}"""),
        (new VeventqAllocated(new(8), new(4), VeventqType.ArmSmmuv3, 64), "veventq-allocated.v1",
            """{"viommu":4,"queueType":1,"depth":64,"id":8}"""),
        (new VeventqSequenceReserved(new(8), 4096), "veventq-sequence-reserved.v1",
            """{"veventq":8,"next":4096}"""),
        (new HwQueueAllocated(new(9), new(4), HwQueueType.Tegra241Cmdqv, 1, 0x1000, 4096, new(10)), "hw-queue-allocated.v1",
            """{"viommu":4,"queueType":1,"index":1,"iova":4096,"lengthBytes":4096,"dependsOnQueue":10,"id":9}"""),
        (new AccessCreated(new(11), true), "access-created.v1",
            """{"pinsPages":true,"id":11}"""),
        (new SelftestCreated(new(12), new(1)), "selftest-created.v1",
            """{"device":1,"id":12}"""),
        (new ObjectDestroyed(new(uint.MaxValue)), "object-destroyed.v1",
            """{"id":4294967295}"""),
        (new VdeviceTombstoned(new(6)), "vdevice-tombstoned.v1",
            """{"id":6}"""),
        (new TombstonesCleared(), "tombstones-cleared.v1",
            """{}"""),
        (new DeviceAttached(new(1), new(5), 3), "device-attached.v2",
            """{"device":1,"hwpt":5,"pasid":3}"""),
        (new DeviceDetached(new(1), 3), "device-detached.v2",
            """{"device":1,"pasid":3}"""),
        (new DirtyTrackingSet(new(3), true), "dirty-tracking-set.v1",
            """{"hwpt":3,"enabled":true}"""),
        (new AccessAttached(new(11), new(2)), "access-attached.v1",
            """{"access":11,"ioas":2}"""),
        (new AccessDetached(new(11)), "access-detached.v1",
            """{"access":11}"""),
        (new RlimitModeSet(1), "rlimit-mode-set.v1",
            """{"mode":1}"""),
        (new VfioIoasSet(new(2)), "vfio-ioas-set.v1",
            """{"ioas":2}"""),
        (new VfioNoIommuSet(), "vfio-no-iommu-set.v1",
            """{}"""),
        (new AreaMapped(0x4000_0000, 0x20_0000, 0x7f00_0000_0000, Access.ReadWrite, 5, 6, 0x7f00_0000_0000, 0x40_0000, true, 8),
            "area-mapped.v3",
            """{"iova":1073741824,"lengthBytes":2097152,"userAddress":139637976727552,"access":3,"pages":5,"file":6,"""
            + "\"pagesStart\":139637976727552,\"pagesLengthBytes\":4194304,\"pagesWritable\":true,\"process\":8}"),
        (new AreasUnmapped(0x4000_0000, 0xffff_ffff_ffff_0000), "areas-unmapped.v1",
            """{"iova":1073741824,"lengthBytes":18446744073709486080}"""),
        (new AreaCut(0x4000_0fff), "area-cut.v1",
            """{"last":1073745919}"""),
        (new PagesRevoked(5), "pages-revoked.v1",
            """{"pages":5}"""),
        (new IovasAllowed([new(0x1000, 0x1fff)]), "iovas-allowed.v1",
            """{"ranges":[{"start":4096,"last":8191}]}"""),
        (new IovasReserved(0x1000, 0x1fff), "iovas-reserved.v1",
            """{"start":4096,"last":8191}"""),
        (new LargePagesSet(false), "large-pages-set.v1",
            """{"enabled":false}"""),
        (new ContextOpened("guest é"), "context-opened.v1",
            """{"name":"guest é"}"""),
        (new ContextClosed("guest"), "context-closed.v1",
            """{"name":"guest"}"""),
    ];

    /// <summary>Rows as earlier versions wrote them, and the event that they read as.</summary>
    public static IReadOnlyList<(object Event, string Manifest, string Json)> Earlier { get; } =
    [
        (new DeviceBound(new(1), "0000:00:05.0"), "device-bound.v1",
            """{"name":"0000:00:05.0","id":1}"""),
        (new HwptPagingAllocated(new(3), new(2), "0000:00:05.0", HwptAllocFlags.NestParent, false), "hwpt-paging-allocated.v1",
            """{"ioas":2,"deviceName":"0000:00:05.0","flags":1,"auto":false,"id":3}"""),
        (new HwptNestedAllocated(new(5), new(4), HwptDataType.ArmSmmuv3, Ste), "hwpt-nested-allocated.v1",
            """{"viommu":4,"dataType":2,"data":"DQAAAP8AAAABAgMEBQYHCA==","id":5}"""),
        (new DeviceAttached(new(1), new(5)), "device-attached.v1",
            """{"device":1,"hwpt":5}"""),
        (new DeviceDetached(new(1)), "device-detached.v1",
            """{"device":1}"""),
        (new AreaMapped(0x4000_0000, 0x20_0000, 0x7f00_0000_0000, Access.ReadWrite), "area-mapped.v1",
            """{"iova":1073741824,"lengthBytes":2097152,"userAddress":139637976727552,"access":3}"""),
        (new AreaMapped(0x4000_0000, 0x20_0000, 0x7f00_0000_0000, Access.ReadWrite, 5, 6, 0x7f00_0000_0000, 0x40_0000, true),
            "area-mapped.v2",
            """{"iova":1073741824,"lengthBytes":2097152,"userAddress":139637976727552,"access":3,"pages":5,"file":6,"""
            + "\"pagesStart\":139637976727552,\"pagesLengthBytes\":4194304,\"pagesWritable\":true}"),
    ];
}
