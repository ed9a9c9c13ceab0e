using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>
/// Small scenarios, for every crash that there is in them: each creating call with all the steps that can fail in it, each call that takes
/// away, and each that moves. Ids count from 1 and are used again.
/// </summary>
internal static class CrashScenarios
{
    // Within what the mock IOMMU translates.
    private const ulong Iova = 0x200_0000;
    private const ulong Page = ModelState.PageBytes;
    private const IoasMapFlags Writable = IoasMapFlags.Readable | IoasMapFlags.Writeable;
    private const IoasMapFlags Fixed = Writable | IoasMapFlags.FixedIova;

    private static readonly ModelMachine Machine = SimulatedLife.Machine(1, 0);
    private static readonly ulong Memory = Machine.Memory[0].Start;
    private static readonly ulong Contiguous = Machine.Memory[1].Start;
    private static readonly string[] Devices = [.. Machine.Devices.Select(device => device.Name)];

    private static readonly Call BindMock = new DeviceBind(Devices[^1]);
    private static readonly Call[] Parent = [BindMock, new IoasAlloc(), new HwptAlloc(Id(1), Id(2), HwptAllocFlags.NestParent)];
    private static readonly Call[] Viommu = [.. Parent, new ViommuAlloc(Id(1), Id(3), ViommuType.Selftest)];

    /// <summary>More events than a snapshot is apart from the next.</summary>
    private static readonly Call[] BeforeSnapshot =
    [
        new DeviceBind(Devices[0]), new DeviceBind(Devices[2]), new IoasAlloc(), new HwptAlloc(Id(1), Id(3)), new HwptAlloc(Id(2), Id(3)),
        new DeviceAttach(Id(1), Id(4)),
        .. Enumerable.Range(0, 1020).Select(i => i % 2 == 0 ? new DeviceAttach(Id(2), Id(5)) : (Call)new DeviceDetach(Id(2))),
    ];

    public static readonly IReadOnlyList<CrashScenario> All =
    [
        new("bind-unbind", "a device is bound and unbound", [], [new DeviceBind(Devices[0]), new DeviceUnbind(Id(1))]),
        new("ioas-alloc", "IOAS_ALLOC, DESTROY", [], [new IoasAlloc(), new Destroy(Id(1))]),
        new("hwpt-alloc-paging", "HWPT_ALLOC paging, DESTROY", [BindMock, new IoasAlloc(), Map(2)],
            [new HwptAlloc(Id(1), Id(2), HwptAllocFlags.NestParent), new Destroy(Id(3))]),
        new("viommu-alloc", "VIOMMU_ALLOC, VDEVICE_ALLOC, DESTROY", Parent,
        [
            new ViommuAlloc(Id(1), Id(3), ViommuType.Selftest), new VdeviceAlloc(Id(4), Id(1), 5), new Destroy(Id(5)), new Destroy(Id(4)),
        ]),
        new("hwpt-alloc-nested", "HWPT_ALLOC nested, DESTROY", Viommu, [Nested(4), new Destroy(Id(5)), Nested(3), new Destroy(Id(5))]),
        new("fault-queue-alloc", "FAULT_QUEUE_ALLOC, DESTROY", [], [new FaultQueueAlloc(), new CloseEventFile(Id(1)), new Destroy(Id(1))]),
        new("veventq-alloc", "VEVENTQ_ALLOC, DESTROY", Viommu,
            [new VeventqAlloc(Id(4), VeventqType.Selftest, 4), new CloseEventFile(Id(5)), new Destroy(Id(5))]),
        new("hw-queue-alloc", "HW_QUEUE_ALLOC, DESTROY", [.. Viommu, Map(2, Contiguous, 4)],
        [
            new HwQueueAlloc(Id(4), HwQueueType.Selftest, 0, Iova, Page), new HwQueueAlloc(Id(4), HwQueueType.Selftest, 1, Iova, Page),
            new Destroy(Id(6)), new Destroy(Id(5)),
        ]),
        new("map-unmap", "IOAS_MAP, IOAS_UNMAP, with a domain", Parent,
        [
            Map(2), new IoasMap(Id(2), Writable, Memory, 2 * Page), Map(2, pages: 3, at: Iova + 4 * Page),
            new IoasUnmap(Id(2), Iova, Page), new IoasUnmap(Id(2), 0, ulong.MaxValue),
        ]),
        new("copy", "IOAS_COPY, IOAS_ALLOW_IOVAS", [new IoasAlloc(), new IoasAlloc(), Map(1, pages: 3)],
        [
            new IoasCopy(Id(2), Id(1), Fixed, 2 * Page, Iova, Iova), new IoasUnmap(Id(1), Iova, 3 * Page),
            new IoasAllowIovas(Id(2), [new IovaRange(0, (1 << 28) - 1)]), new Destroy(Id(1)),
        ]),
        new("option-dirty", "OPTION, dirty tracking",
            [BindMock, new IoasAlloc(), new HwptAlloc(Id(1), Id(2), HwptAllocFlags.DirtyTracking)],
        [
            new HwptSetDirtyTracking(Id(3), DirtyTrackingFlags.Enable), new HwptSetDirtyTracking(Id(3), DirtyTrackingFlags.None),
            new Option(OptionId.HugePages, OptionOp.Set, Id(2), 0), new Option(OptionId.HugePages, OptionOp.Set, Id(2), 1),
        ]),
        new("attach-replace", "attach, replace, detach",
            [new DeviceBind(Devices[0]), new IoasAlloc(), new IoasAlloc(), new HwptAlloc(Id(1), Id(2)), Map(2)],
        [
            new DeviceAttach(Id(1), Id(2)), new DeviceAttach(Id(1), Id(4)), new DeviceAttach(Id(1), Id(3)), new DeviceAttach(Id(1), Id(2)),
            new DeviceDetach(Id(1)),
        ]),
        new("attach-group", "attach and detach of a group", [new DeviceBind(Devices[0]), new DeviceBind(Devices[1]), new IoasAlloc()],
            [new DeviceAttach(Id(1), Id(3)), new DeviceAttach(Id(2), Id(3)), new DeviceDetach(Id(1)), new DeviceDetach(Id(2))]),
        new("group-vdevices", "a group on a guest's first stage loses its vDEVICEs",
        [
            new DeviceBind(Devices[0]), new DeviceBind(Devices[1]), new IoasAlloc(),
            new HwptAlloc(Id(1), Id(3), HwptAllocFlags.NestParent), new ViommuAlloc(Id(1), Id(4), ViommuType.ArmSmmuv3),
            new VdeviceAlloc(Id(5), Id(1), 1), new VdeviceAlloc(Id(5), Id(2), 2),
            new HwptAlloc(Id(1), Id(5), HwptAllocFlags.None, HwptDataType.ArmSmmuv3, new byte[16]), new DeviceAttach(Id(1), Id(8)),
        ], [new Destroy(Id(7)), new Destroy(Id(6)), new DeviceUnbind(Id(2)), new DeviceDetach(Id(1))]),
        new("attach-pasid", "attach and detach of a PASID", [BindMock, new IoasAlloc(), new HwptAlloc(Id(1), Id(2), HwptAllocFlags.Pasid)],
            [new DeviceAttach(Id(1), Id(3)), new DeviceAttach(Id(1), Id(3), 1), new DeviceDetach(Id(1), 1), new DeviceDetach(Id(1))]),
        new("unbind-attached", "unbind of a device that is attached and has a vDEVICE",
            [.. Viommu, new VdeviceAlloc(Id(4), Id(1), 5), new DeviceAttach(Id(1), Id(2))],
            [new DeviceUnbind(Id(1))]),
        new("access-unmap", "an access pins, and lets go when it is unmapped", [new IoasAlloc(), Map(1, pages: 2)],
        [
            new AccessCreate(true), new AccessAttach(Id(2), Id(1)), new AccessPin(Id(2), Iova, Page, false),
            new IoasUnmap(Id(1), Iova, 2 * Page), new AccessDetach(Id(2)), new AccessDestroy(Id(2)),
        ]),
        new("access-move", "an access is moved and destroyed",
            [new IoasAlloc(), new IoasAlloc(), Map(1), Map(2), new AccessCreate(true)],
        [
            new AccessAttach(Id(3), Id(1)), new AccessPin(Id(3), Iova, Page, true), new AccessReplace(Id(3), Id(2)),
            new AccessPin(Id(3), Iova, Page, false), new AccessDestroy(Id(3)),
        ]),
        new("vfio-map", "VFIO maps and unmaps", [],
        [
            new VfioAttachGroup(), new VfioSetIommu(VfioExtension.Type1V2), new VfioMapDma(true, true, Memory, Iova, 4 * Page),
            new VfioUnmapDma(Iova, 4 * Page), new VfioMapDma(true, true, Memory, Iova, Page), new VfioIoas(VfioIoasOp.Clear),
        ]),
        new("vfio-cut", "VFIO unmaps the end of an area and the beginning of the next",
        [
            new VfioAttachGroup(), new VfioSetIommu(VfioExtension.Type1), new Option(OptionId.HugePages, OptionOp.Set, Id(1), 0),
            new VfioMapDma(true, true, Memory, Iova, 4 * Page), new VfioMapDma(true, true, Memory, Iova + 4 * Page, 4 * Page),
        ], [new VfioUnmapDma(Iova + 2 * Page, 4 * Page)], IsAtomic: false),
        new("last-close", "the last close",
            [.. Viommu, new VdeviceAlloc(Id(4), Id(1), 5), new DeviceAttach(Id(1), Id(2)), Map(2)], [new Close()]),
        new("snapshot", "a device stays attached, and another one comes and goes until a snapshot is due",
            BeforeSnapshot, [new IoasAlloc()]),
    ];

    public static readonly string Names = string.Join(", ", All.Select(scenario => scenario.Name));

    /// <summary>Null when there is none of that name.</summary>
    public static CrashScenario? Find(string name) => All.FirstOrDefault(scenario => scenario.Name == name);

    private static ObjectId Id(uint id) => new(id);

    private static HwptAlloc Nested(uint parent) => new(Id(1), Id(parent), HwptAllocFlags.None, HwptDataType.Selftest, new byte[4]);

    private static IoasMap Map(uint ioas, ulong? memory = null, ulong pages = 1, ulong at = Iova) =>
        new(Id(ioas), Fixed, memory ?? Memory, pages * Page, at);
}
