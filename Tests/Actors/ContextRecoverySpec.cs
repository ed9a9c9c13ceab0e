using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Mappings;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Actors;

/// <summary>What was acknowledged is there again on a new simulator and new hardware.</summary>
public abstract class ContextRecoverySpec(Config config) : IDisposable
{
    [StoreFact]
    public async Task A_context_comes_back_as_it_was_left_and_goes_on()
    {
        string before;
        ObjectId device, ioas, viommu, vdevice, nested;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            device = await iommu.Bind();
            ioas = await iommu.Ioas();
            viommu = await iommu.Viommu(device, await iommu.NestParent(device, ioas));
            vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
            nested = await iommu.Nested(device, viommu);
            await iommu.Expect(Errno.None, new DeviceAttach(device, nested));
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x10000, pages: 4));
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x40000, pages: 2));
            await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0x40000, 0x2000));
            await iommu.Expect(Errno.None, new Destroy(await iommu.Ioas()));
            await iommu.Expect(Errno.None, new DeviceUnbind(await TombstoneOne(iommu, viommu)));
            before = await iommu.State();
        }

        await using var again = await new SimulatorHarness(config).OpenAsync();
        Assert.Equal(before, await again.State());
        await again.Expect(Errno.EEXIST, SimulatorHarness.Fixed(ioas, 0x12000));
        await again.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x40000));
        await again.Expect(Errno.EEXIST, new VdeviceAlloc(viommu, device, 6));
        await again.Expect(Errno.None, new DeviceDetach(device));
        foreach (var leaf in new[] { nested, vdevice, viommu }) await again.Expect(Errno.None, new Destroy(leaf));
        Assert.Equal(0UL, (await again.Context.CloseAsync()).Value);
        Assert.Equal((0, 0), (again.First.Live, again.Memory.Pins));
    }

    [StoreFact]
    public async Task Snapshots_stand_in_for_the_events_before_them()
    {
        string before;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            var ioas = await iommu.Ioas();
            for (var i = 0; i < 1100; i++)
                await iommu.Expect(Errno.None, i % 2 == 0
                    ? SimulatorHarness.Fixed(ioas, 0x1000) : new IoasUnmap(ioas, 0x1000, 0x1000));
            for (var i = 0; i < 600; i++) await iommu.Expect(Errno.None, new Destroy(await iommu.Ioas()));
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x7000));
            before = await iommu.State();
        }
        await using var again = await new SimulatorHarness(config).OpenAsync();
        Assert.Equal(before, await again.State());
        await again.Expect(Errno.EEXIST, SimulatorHarness.Fixed(new ObjectId(1), 0x7000));
    }

    [StoreFact]
    public async Task A_snapshot_taken_while_calls_are_in_flight_holds_what_the_journal_has_and_no_more()
    {
        // It held areas whose events came after it: the replay mapped them a second time.
        const ulong page = 0x1000;
        var id = new ObjectId(1);
        List<Area> before;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            await iommu.Ioas();
            await Task.WhenAll(Enumerable.Range(0, 1100).SelectMany(i => new Call[]
            {
                SimulatorHarness.Fixed(id, page * (ulong)i), new IoasUnmap(id, page * (ulong)(i - 20), page),
            }).Select(iommu.Call).ToList());
            before = await Areas(iommu);
        }

        await using var again = await new SimulatorHarness(config).OpenAsync();
        Assert.Equal(20, before.Count);
        Assert.Equal(before, await Areas(again));

        async Task<List<Area>> Areas(SimulatorHarness iommu) => (List<Area>)await iommu.Context.Table.Find(id)!.Actor.Ask<object>(
            new Inspect(ioas => ((IoPagetable)ioas.State!).Areas.Select(area => area.Describe()).ToList()));
    }

    [StoreFact]
    public async Task A_device_stays_on_its_guests_first_stage_without_the_vdevice_that_it_was_attached_with()
    {
        // The driver asks for a vDEVICE at the attach, and no longer after: the context could not be opened again.
        string before;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            var device = await iommu.Bind();
            var viommu = await iommu.Viommu(device, await iommu.NestParent(device, await iommu.Ioas()));
            var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 0));
            await iommu.Expect(Errno.None, new DeviceAttach(device, await iommu.Nested(device, viommu)));
            await iommu.Expect(Errno.None, new Destroy(vdevice));
            await iommu.Id(new VdeviceAlloc(viommu, await iommu.Bind("first-dev1"), 0));
            before = await iommu.State();
        }

        await using var again = await new SimulatorHarness(config).OpenAsync();
        Assert.Equal(before, await again.State());
        await again.Expect(Errno.None, new VdeviceAlloc(new ObjectId(4), new ObjectId(1), 1));
    }

    [StoreFact]
    public async Task A_group_stays_on_its_guests_first_stage_without_the_vdevice_of_one_of_its_devices()
    {
        // Only the device that was attached got a stand-in, and the driver asks for one of each device of the group.
        string before;
        await using (var iommu = await Grouped().OpenAsync())
        {
            var (one, other) = (await iommu.Bind("one"), await iommu.Bind("other"));
            var viommu = await iommu.Viommu(one, await iommu.NestParent(one, await iommu.Ioas()));
            await iommu.Id(new VdeviceAlloc(viommu, one, 0));
            var vdevice = await iommu.Id(new VdeviceAlloc(viommu, other, 1));
            await iommu.Expect(Errno.None, new DeviceAttach(one, await iommu.Nested(one, viommu)));
            await iommu.Expect(Errno.None, new Destroy(vdevice));
            before = await iommu.State();
        }

        await using var again = await Grouped().OpenAsync();
        Assert.Equal(before, await again.State());
    }

    [StoreFact]
    public async Task A_group_comes_back_where_it_was_with_every_PASID_and_what_its_devices_cannot_reach()
    {
        string before;
        ObjectId one, other, ioas, hwpt, next;
        await using (var iommu = await Grouped().OpenAsync())
        {
            (one, other, ioas) = (await iommu.Bind("one"), await iommu.Bind("other"), await iommu.Ioas());
            hwpt = await iommu.Id(new HwptAlloc(one, ioas, HwptAllocFlags.Pasid));
            next = await iommu.Id(new HwptAlloc(one, ioas, HwptAllocFlags.Pasid));
            foreach (var device in new[] { one, other })
                foreach (var pasid in new uint[] { 0, 5, 6 }) await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt, pasid));
            await iommu.Expect(Errno.None, new DeviceAttach(one, next, 5));
            await iommu.Expect(Errno.None, new DeviceDetach(one, 6));
            before = await iommu.State();
        }

        await using var again = await Grouped().OpenAsync();
        Assert.Equal(before, await again.State());
        await again.Expect(Errno.EINVAL, SimulatorHarness.Fixed(ioas, 0x9000));
        await again.Expect(Errno.EBUSY, new DeviceAttach(one, hwpt, Mode: AttachMode.Attach));
        await again.Expect(Errno.None, new DeviceDetach(other, 6));
        foreach (var device in new[] { one, other }) await again.Expect(Errno.None, new DeviceUnbind(device));
        Assert.Equal("", again.Places());
        await again.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x9000));
        foreach (var id in new[] { hwpt, next, ioas }) await again.Expect(Errno.None, new Destroy(id));
    }

    [StoreFact]
    public async Task A_closed_context_comes_back_empty()
    {
        // A tombstone stands until the close, and a close makes one of every vDEVICE: their ids were taken for ever.
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            var device = await iommu.Bind();
            var viommu = await iommu.Viommu(device, await iommu.NestParent(device, await iommu.Ioas()));
            await iommu.Id(new VdeviceAlloc(viommu, device, 5));
            await iommu.Context.CloseAsync();
        }
        await using var again = await new SimulatorHarness(config).OpenAsync();
        Assert.Equal("; taken 0; counts ; live 0; pins 0", await again.State());
        Assert.Equal(new ObjectId(1), await again.Ioas());
    }

    public abstract void Dispose();

    private SimulatorHarness Grouped()
    {
        var group = new IommuGroup("group");
        var iommu = new SimulatorHarness(config, iommu => [
            new("one", 8, iommu.First) { Group = group }, new("other", 9, iommu.First) { Group = group }]);
        iommu.First.HasPasids = true;
        iommu.First.RegionsOf = device => [new(device.StreamId << 12, (device.StreamId << 12) + 0xfff)];
        return iommu;
    }

    private static async Task<ObjectId> TombstoneOne(SimulatorHarness iommu, ObjectId viommu)
    {
        var device = await iommu.Bind("first-dev1");
        await iommu.Id(new VdeviceAlloc(viommu, device, 9));
        return device;
    }
}
