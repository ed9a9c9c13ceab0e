using Akka.Configuration;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors;

/// <summary>What callers see of a context that ends by a failure: an answer at once, and nobody hangs.</summary>
public class ContextFailureTests
{
    [Fact]
    public async Task A_call_in_flight_is_answered_EIO_when_another_one_throws_its_context_down()
    {
        var journal = HoldingJournal.NewConfig();
        await using var iommu = await new SimulatorHarness(journal).OpenAsync();
        var other = await iommu.Simulator.OpenAsync("other", iommu.Process);
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var hwpt = await iommu.NestParent(device, ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x10000));
        // The unmap waits for hardware that does not come.
        iommu.First.Queue.Held = true;
        var unmap = iommu.Call(new IoasUnmap(ioas, 0x10000, 0x1000));
        iommu.First.RegionsOf = _ => throw new InvalidOperationException("a driver's bug");

        Assert.Equal(Errno.EIO, (await iommu.Call(new DeviceAttach(device, hwpt))).Errno);
        Assert.Equal(Errno.EIO, (await unmap).Errno);
        Assert.Equal(Errno.EIO, (await iommu.Call(new IoasAlloc())).Errno);
        Assert.Equal(Errno.EIO, (await iommu.Call(new Destroy(new ObjectId(99)))).Errno);

        Assert.Equal(Errno.None, (await other.CallAsync(new IoasAlloc())).Errno);
        iommu.First.RegionsOf = _ => [];
        iommu.First.Queue.Held = false;
        await iommu.OpenAsync();
        Assert.Equal(hwpt, iommu.Context.Table.Find(hwpt, ObjectType.HwptPaging)!.Id);
    }

    [Fact]
    public async Task A_context_that_fails_is_brought_back_and_its_next_call_goes_on_with_the_same_ids()
    {
        await using var iommu = await new SimulatorHarness(Restarting()).OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var hwpt = await iommu.NestParent(device, ioas);
        await iommu.Nested(device, await iommu.Viommu(device, hwpt));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x10000, pages: 3));
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        var other = await iommu.Bind("second-dev0");
        var before = await iommu.State();

        iommu.Second.RegionsOf = _ => throw new InvalidOperationException("a driver's bug");
        await iommu.Expect(Errno.EIO, new DeviceAttach(other, ioas));
        iommu.Second.RegionsOf = _ => [];

        Assert.Equal(new ObjectId(other.Value + 1), await iommu.Ioas());
        await iommu.Expect(Errno.None, new Destroy(new ObjectId(other.Value + 1)));
        Assert.Equal(before, await iommu.State());
    }

    [Fact]
    public async Task A_context_that_fails_again_and_again_is_given_up()
    {
        await using var iommu = await new SimulatorHarness(Restarting(3)).OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var hwpt = await iommu.NestParent(device, ioas);
        iommu.First.RegionsOf = _ => throw new InvalidOperationException("a driver's bug");
        for (var i = 0; i < 4; i++) await iommu.Expect(Errno.EIO, new DeviceAttach(device, hwpt));
        await iommu.Expect(Errno.EIO, new IoasAlloc());

        iommu.First.RegionsOf = _ => [];
        await iommu.OpenAsync();
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        await iommu.Context.CloseAsync();
        Assert.Equal(0, iommu.First.Live);
    }

    [Fact]
    public async Task However_many_calls_are_in_flight_and_however_many_came_before_all_are_answered()
    {
        const int Calls = 200;
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var hwpt = await iommu.NestParent(device, ioas);
        for (var i = 1UL; i <= Calls; i++) await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, i << 16));
        iommu.First.Queue.Held = true;
        var unmaps = Enumerable.Range(1, Calls).Select(i => iommu.Call(new IoasUnmap(ioas, (ulong)i << 16, 0x1000))).ToList();
        iommu.First.RegionsOf = _ => throw new InvalidOperationException("a driver's bug");

        Assert.Equal(Errno.EIO, (await iommu.Call(new DeviceAttach(device, hwpt))).Errno);
        Assert.All(await Task.WhenAll(unmaps), answer => Assert.Equal(Errno.EIO, answer.Errno));
    }

    [Fact]
    public async Task A_call_in_flight_is_answered_EIO_when_the_system_ends()
    {
        var iommu = await new SimulatorHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        await iommu.NestParent(device, ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x10000));
        iommu.First.Queue.Held = true;
        var unmap = iommu.Call(new IoasUnmap(ioas, 0x10000, 0x1000));
        await iommu.DisposeAsync();
        Assert.Equal(Errno.EIO, (await unmap).Errno);
    }

    private static Config Restarting(int times = 10) =>
        ConfigurationFactory.ParseString($"iommu.contexts.restarts = {times}").WithFallback(HoldingJournal.NewConfig());
}
