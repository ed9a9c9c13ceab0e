using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors;

public class LifetimeTests
{
    [Fact]
    public async Task Ids_start_at_1_and_the_lowest_free_one_is_used_again()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        Assert.Equal(new ObjectId(1), await iommu.Ioas());
        Assert.Equal(new ObjectId(2), await iommu.Ioas());
        await iommu.Expect(Errno.None, new Destroy(new ObjectId(1)));
        Assert.Equal(new ObjectId(1), await iommu.Ioas());
        Assert.Equal(new ObjectId(3), await iommu.Ioas());
    }

    [Fact]
    public async Task Whatever_is_used_is_EBUSY_until_its_user_is_gone()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        var parent = await iommu.NestParent(device, ioas);
        var viommu = await iommu.Viommu(device, parent);
        var nested = await iommu.Nested(device, viommu);
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.None, new DeviceAttach(device, nested));

        foreach (var used in new[] { device, ioas, parent, viommu, nested }) await iommu.Expect(Errno.EBUSY, new Destroy(used));
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        foreach (var leaf in new[] { nested, vdevice, viommu, parent, ioas }) await iommu.Expect(Errno.None, new Destroy(leaf));
        await iommu.Expect(Errno.EBUSY, new Destroy(device));
        await iommu.Expect(Errno.None, new DeviceUnbind(device));
        await iommu.Expect(Errno.ENOENT, new DeviceUnbind(device));
        Assert.Equal("; taken 0; counts ; live 0; pins 0", await iommu.State());
    }

    [Fact]
    public async Task Unbinding_a_device_turns_its_vdevice_into_a_tombstone_whose_id_is_never_used_again()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var device = await iommu.Bind();
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, await iommu.Ioas()));
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.None, new DeviceUnbind(device));
        await iommu.Expect(Errno.ENOENT, new Destroy(vdevice));
        Assert.Equal(device, await iommu.Ioas());
        Assert.NotEqual(vdevice, await iommu.Ioas());
        await iommu.Expect(Errno.None, new Destroy(viommu));
    }

    [Fact]
    public async Task Closing_destroys_everything_leaves_first()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, ioas));
        await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.None, new DeviceAttach(device, await iommu.Nested(device, viommu)));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0, pages: 8));
        Assert.Equal(8, iommu.Memory.Pins);

        var closed = await iommu.Context.CloseAsync();
        Assert.Equal(new Answer(Errno.None, 0), closed);
        Assert.Equal(0, iommu.Memory.Pins);
        Assert.Equal(0, iommu.First.Live);
    }

    [Fact]
    public async Task A_device_is_owned_by_one_context_until_that_is_closed()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync("one");
        var one = iommu.Context;
        await iommu.Bind();
        await iommu.Expect(Errno.EBUSY, new DeviceBind("first-dev0"));
        await iommu.Expect(Errno.ENODEV, new DeviceBind("no such device"));
        await iommu.OpenAsync("two");
        await iommu.Expect(Errno.EBUSY, new DeviceBind("first-dev0"));
        await one.CloseAsync();
        await iommu.Expect(Errno.None, new DeviceBind("first-dev0"));
    }

    [Fact]
    public async Task A_context_that_closes_leaves_the_others_open()
    {
        // The notice of its end came while the directory was being written, and took all contexts down (DeathPactException).
        await using var iommu = await new SimulatorHarness().OpenAsync("stays");
        var stays = iommu.Context;
        for (var i = 0; i < 8; i++)
        {
            await iommu.OpenAsync($"goes {i}");
            Assert.Equal(Errno.None, (await iommu.Context.CloseAsync()).Errno);
            Assert.Equal(Errno.None, (await stays.CallAsync(new IoasAlloc())).Errno);
        }
        await iommu.OpenAsync("goes 0");
    }

    [Fact]
    public async Task A_context_can_be_opened_again_as_soon_as_its_close_is_answered()
    {
        // Its actor was still on its way out then: "context is open already".
        await using var iommu = await new SimulatorHarness().OpenAsync();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(Errno.None, (await iommu.Context.CloseAsync()).Errno);
            await iommu.OpenAsync();
        }
    }

    [Fact]
    public async Task Calls_that_meet_a_close_are_answered_and_leave_nothing()
    {
        for (var i = 0; i < 20; i++)
        {
            await using var iommu = await new SimulatorHarness().OpenAsync();
            var before = iommu.Call(new IoasAlloc());
            var closed = iommu.Context.CloseAsync();
            var after = new[] { iommu.Call(new IoasAlloc()), iommu.Call(new DeviceBind("first-dev0")) };
            Assert.Equal(new Answer(Errno.None, 0), await closed);
            Assert.Equal(new Answer(Errno.None, 1), await before);
            foreach (var late in after) Assert.NotEqual(Errno.None, (await late).Errno);
            Assert.Equal(new ObjectId(1), await (await iommu.OpenAsync()).Bind());
        }
    }

    [Fact]
    public async Task A_vdevice_destroyed_before_its_viommu_heard_of_it_leaves_the_device_free_for_another()
    {
        // The busy vIOMMU told the device of its vDEVICE when that was gone already: EEXIST for ever after.
        using var gate = new ManualResetEventSlim();
        var stall = new AtStep("build vdevice");
        await using var iommu = await new SimulatorHarness().OpenAsync("test", stall);
        var device = await iommu.Bind();
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, await iommu.Ioas()));
        var actor = iommu.Context.Table.Find(viommu)!.Actor;
        stall.Do = () => actor.Tell(new Inspect(_ => gate.Wait(TimeSpan.FromSeconds(10))));
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        var destroyed = iommu.Call(new Destroy(vdevice));
        stall.Do = () => { };
        gate.Set();
        Assert.Equal(Errno.None, (await destroyed).Errno);
        Assert.Equal(1, await actor.Ask<int>(new Inspect(it => it.Counts.Users)));
        await iommu.Id(new VdeviceAlloc(viommu, device, 5));
    }

    [Fact]
    public async Task An_attach_to_an_ioas_that_comes_too_late_for_its_device_leaves_no_domain()
    {
        // The domain that it had made for itself stayed, with nobody to use it, and the IOAS with it.
        var unbind = new AtStep("build hwpt");
        await using var iommu = await new SimulatorHarness().OpenAsync("test", unbind);
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        unbind.Do = () => iommu.Call(new DeviceUnbind(device)).Wait();
        await iommu.Expect(Errno.ENOENT, new DeviceAttach(device, ioas));
        Assert.Equal(0, iommu.First.Live);
        await iommu.Expect(Errno.None, new Destroy(ioas));
    }

    /// <summary>Does something when a step is about to be taken, and lets it succeed.</summary>
    private sealed class AtStep(string step) : IFailureInjection
    {
        public Action Do { get; set; } = () => { };

        public bool ShouldFail(string taken)
        {
            if (taken == step) Do();
            return false;
        }
    }
}
