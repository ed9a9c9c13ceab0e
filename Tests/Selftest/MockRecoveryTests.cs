using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Selftest;
using Iommu.Actors.Simulator;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>Mock devices are of no machine that comes after a crash, and come back with the context that has them.</summary>
public sealed class MockRecoveryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iommu-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Mock_devices_come_back_with_their_names_flags_and_owners()
    {
        string before;
        MockDomainAnswer second;
        await using (var iommu = await Harness().OpenAsync())
        {
            var ioas = await iommu.Ioas();
            var first = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas));
            second = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas, (uint)MockDeviceFlags.NoDirty));
            var viommu = await iommu.Viommu(second.Device, await iommu.NestParent(second.Device, ioas));
            await iommu.Vdevice(viommu, second.Device, 0x99);
            await iommu.Expect(Errno.None, new Destroy(first.Selftest));
            before = await iommu.State();
        }
        await using var again = await Harness().OpenAsync();
        Assert.Equal(before, await again.State());
        Assert.Equal("iommufd_mock1", Assert.Single(again.Hardware.Machine.Devices).Name);
        Assert.Equal(MockDeviceFlags.NoDirty, again.StateOf(second.Device).Flags);
        Assert.NotNull(again.StateOf(second.Device).Attached(0));
        await again.Expect(Errno.EBUSY, new Destroy(second.Device));
        await again.Expect(Errno.None, new Destroy(second.Selftest));
        Assert.Empty(again.Hardware.Machine.Devices);
        Assert.Equal(0UL, await again.Value(new Close()));
    }

    [Fact]
    public async Task What_was_allocated_for_a_device_comes_back_though_that_was_unplugged()
    {
        string before;
        await using (var iommu = await Harness().OpenAsync())
        {
            var ioas = await iommu.Ioas();
            var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas));
            await iommu.Hwpt(made.Device, ioas, HwptAllocFlags.DirtyTracking);
            await iommu.Viommu(made.Device, await iommu.NestParent(made.Device, ioas));
            await iommu.Expect(Errno.None, new Destroy(made.Selftest));
            before = await iommu.State();
        }
        await using var again = await Harness().OpenAsync();
        Assert.Equal(before, await again.State());
    }

    [Fact]
    public async Task I13_A_MOCK_DOMAIN_that_a_crash_cut_off_has_left_nothing()
    {
        string before;
        await using (var iommu = await Harness().OpenAsync())
        {
            var ioas = await iommu.Ioas();
            before = await iommu.State();
            // What its builder does, up to the step before the last.
            var owned = new OwnedDevice(new ObjectId(9), iommu.Plug(), MockDeviceFlags.None);
            var bound = await iommu.Context.Actor.Ask<Answer>(new BindOwned(owned));
            await iommu.Expect(Errno.None, new DeviceAttach(bound.Id, ioas));
        }
        await using var again = await Harness().OpenAsync();
        Assert.Equal(before, await again.State());
        await again.Expect(Errno.None, new MockDomain(new ObjectId(1)));
    }

    [Fact]
    public async Task I13_The_end_of_a_mock_device_that_a_crash_cut_off_is_made_up_for()
    {
        string before;
        await using (var iommu = await Harness().OpenAsync())
        {
            var ioas = await iommu.Ioas();
            before = await iommu.State();
            var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas));
            await iommu.Expect(Errno.None, new DeviceUnbind(made.Device));
        }
        await using var again = await Harness().OpenAsync();
        Assert.Equal(before, await again.State());
    }

    [Fact]
    public async Task A_context_that_fails_leaves_no_device_plugged_in()
    {
        await using var iommu = await new MockHarness(RefusingJournal.Config).OpenAsync();
        var failed = new TaskCompletionSource();
        var listener = iommu.System.ActorOf(Props.Create(() => new Listener(failed)));
        iommu.System.EventStream.Subscribe(listener, typeof(ContextFailed));
        await iommu.Answer<MockDomainAnswer>(new MockDomain(await iommu.Ioas()));
        var last = new PhysicalDevice(RefusingJournal.RefusedDevice, 0, iommu.Iommu);
        iommu.Hardware.Machine.Plug(last);
        await iommu.Expect(Errno.EIO, new DeviceBind(last.Name));
        await failed.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([last], iommu.Hardware.Machine.Devices);
    }

    private MockHarness Harness() => new(SimulatorConfig.Sqlite(Path.Combine(_folder, "journal.db")));

    private sealed class Listener : ReceiveActor
    {
        public Listener(TaskCompletionSource failed) => Receive<ContextFailed>(_ => failed.TrySetResult());
    }
}
