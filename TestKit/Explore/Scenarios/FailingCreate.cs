using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>The unhappy paths of one creating call, while what it is made on is to be destroyed.</summary>
/// <param name="what">The call, in the words of iommufd.h.</param>
/// <param name="make">Makes it of what there is.</param>
internal sealed class FailingCreate(string what, Func<FailingCreate.Objects, Call> make) : ModelScenario
{
    private Objects _objects = null!;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new FailingCreate("HWPT_ALLOC paging", it => new HwptAlloc(it.Device, it.Ioas, HwptAllocFlags.DirtyTracking)),
        new FailingCreate("HWPT_ALLOC nested", it => Nested(it.Device, it.Viommu)),
        new FailingCreate("HWPT_ALLOC faults",
            it => new HwptAlloc(it.Device, it.Ioas, HwptAllocFlags.FaultIdValid, FaultQueue: it.Faults)),
        new FailingCreate("VIOMMU_ALLOC", it => new ViommuAlloc(it.Device, it.Parent, ViommuType.Selftest, Data: new byte[24])),
        new FailingCreate("VDEVICE_ALLOC", it => new VdeviceAlloc(it.Viommu, it.Device, 7)),
        new FailingCreate("VEVENTQ_ALLOC", it => new VeventqAlloc(it.Viommu, VeventqType.Selftest, 4)),
        new FailingCreate("HW_QUEUE_ALLOC", it => new HwQueueAlloc(it.Viommu, HwQueueType.Selftest, 0, Iova, Page)),
        new FailingCreate("FAULT_QUEUE_ALLOC", _ => new FaultQueueAlloc()),
        new FailingCreate("IOAS_ALLOC", _ => new IoasAlloc()),
    ];

    public override string Name => $"fails-{what.ToLowerInvariant().Replace(' ', '-').Replace('_', '-')}";

    public override string Summary => $"each step of {what} may fail, while what it names is to be destroyed";

    public override int FailuresMax => 1;

    public override async Task SetUpAsync(World world)
    {
        var guest = await GuestAsync(world);
        var faults = await world.CallAsync(new FaultQueueAlloc());
        await world.CallAsync(new IoasMap(
            guest.Ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, world.Model!.Machine.Memory[1].Start,
            2 * Page, Iova));
        _objects = new Objects(guest.Device, guest.Ioas, guest.Parent, guest.Viommu, faults);
    }

    public override void Start(World world)
    {
        world.Caller("builder", async caller =>
        {
            var made = await caller.CallAsync(make(_objects));
            if (made.Errno == Errno.None) await caller.CallAsync(new Destroy(made.Id));
        });
        world.Caller("destroyer", async caller =>
        {
            await caller.CallAsync(new Destroy(_objects.Viommu));
            await caller.CallAsync(new Destroy(_objects.Parent));
        });
    }

    /// <summary>What there is.</summary>
    internal sealed record Objects(ObjectId Device, ObjectId Ioas, ObjectId Parent, ObjectId Viommu, ObjectId Faults);
}
