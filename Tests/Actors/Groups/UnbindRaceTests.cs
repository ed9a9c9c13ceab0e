using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Actors.Groups;

/// <summary>
/// An unbind that is still detaching, since a fault queue has not answered yet, meets the calls that race with it (B09). In the end
/// the device is gone, and its vDEVICE with it.
/// </summary>
public class UnbindRaceTests
{
    [Fact]
    public async Task A_vdevice_that_is_made_meanwhile_goes_with_its_device()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (race, device, viommu) = await BeginAsync(iommu);
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        race.Queue.LetGo();
        Assert.Equal(Errno.None, (await race.Unbound).Errno);
        await iommu.Expect(Errno.ENOENT, new Destroy(vdevice));
        await ExpectIdsAsync(iommu, freed: [device], taken: [vdevice]);
    }

    [Fact]
    public async Task A_vdevice_that_is_destroyed_meanwhile_leaves_no_tombstone()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (race, device, viommu) = await BeginAsync(iommu);
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.None, new Destroy(vdevice));
        race.Queue.LetGo();
        Assert.Equal(Errno.None, (await race.Unbound).Errno);
        await ExpectIdsAsync(iommu, freed: [device, vdevice], taken: []);
    }

    [Fact]
    public async Task Attach_detach_and_another_unbind_find_no_device_any_more()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (race, device, _) = await BeginAsync(iommu);
        var late = new Call[] { new DeviceAttach(device, race.Hwpt), new DeviceDetach(device), new DeviceUnbind(device) }
            .Select(iommu.Call).ToList();
        race.Queue.LetGo();
        Assert.Equal(Errno.None, (await race.Unbound).Errno);
        foreach (var call in late) Assert.Equal(Errno.ENOENT, (await call).Errno);
        Assert.Equal("", iommu.Places());
        await iommu.Expect(Errno.None, new Destroy(race.Hwpt));
    }

    [Fact]
    public async Task Other_groups_go_on_meanwhile_and_devices_of_this_one_wait()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (race, _, _) = await BeginAsync(iommu, "one");
        var (other, elsewhere) = (await iommu.Bind("other"), await iommu.Bind("first-dev1"));
        var waits = iommu.Call(new DeviceAttach(other, race.Hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(elsewhere, race.Hwpt));
        Assert.False(waits.IsCompleted);
        race.Queue.LetGo();
        Assert.Equal(Errno.None, (await race.Unbound).Errno);
        Assert.Equal(Errno.None, (await waits).Errno);
        Assert.Equal(race.Hwpt, iommu.PlaceOf("one"));
    }

    [Fact]
    public async Task A_close_meanwhile_leaves_nothing()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (race, device, viommu) = await BeginAsync(iommu);
        await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        var closed = iommu.Context.CloseAsync();
        race.Queue.LetGo();
        Assert.Equal((Errno.None, 0UL), ((await race.Unbound).Errno, (await closed).Value));
        Assert.Equal((0, ""), (iommu.First.Live, iommu.Places()));
    }

    private static async Task<(Race, ObjectId Device, ObjectId Viommu)> BeginAsync(SimulatorHarness iommu, string name = "first-dev0")
    {
        var queue = new RecordingFaultQueue(iommu, holds: true);
        var device = await iommu.Bind(name);
        var parent = await iommu.NestParent(device, await iommu.Ioas());
        var viommu = await iommu.Viommu(device, parent);
        var hwpt = await iommu.Hwpt(device, await iommu.Ioas());
        iommu.GiveFaultQueue(hwpt, queue.Actor);
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        iommu.Simulator.ReportFault(iommu.Device(name), new PageFault(PageFaultFlags.LastPage, 0, 1, PageFaultPermissions.Read, 0));
        await queue.NextAsync<DeliverFaults>();
        var unbound = iommu.Call(new DeviceUnbind(device));
        await queue.NextAsync<AutoRespond>();
        return (new Race(queue, unbound, hwpt), device, viommu);
    }

    /// <summary>Ids that are given out again, lowest first, and some that must not be.</summary>
    private static async Task ExpectIdsAsync(SimulatorHarness iommu, ObjectId[] freed, ObjectId[] taken)
    {
        foreach (var id in freed) Assert.Equal(id, await iommu.Ioas());
        Assert.DoesNotContain(await iommu.Ioas(), taken);
    }

    private sealed record Race(RecordingFaultQueue Queue, Task<Answer> Unbound, ObjectId Hwpt);
}
