using Iommu.Messages;

namespace Iommu.Tests.Actors;

/// <summary>
/// An answer that rests on what another call has done comes after that is durable: else a crash takes back what the answer said (I13).
/// </summary>
public class DurabilityTests
{
    [Fact]
    public async Task A_detach_that_finds_nothing_attached_is_answered_after_the_one_that_detached()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var device = await iommu.Bind();
        var hwpt = await iommu.NestParent(device, await iommu.Ioas());
        for (var i = 0; i < 20; i++)
        {
            await InOrder(iommu, new DeviceAttach(device, hwpt), new DeviceAttach(device, hwpt));
            await InOrder(iommu, new DeviceDetach(device), new DeviceDetach(device));
        }
    }

    [Fact]
    public async Task An_unmap_that_finds_nothing_and_a_map_that_finds_something_are_answered_after_those_that_came_first()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        for (var i = 0; i < 20; i++)
        {
            await InOrder(iommu, SimulatorHarness.Fixed(ioas, 0x1000), SimulatorHarness.Fixed(ioas, 0x1000));
            await InOrder(iommu, new IoasUnmap(ioas, 0, ulong.MaxValue), new IoasUnmap(ioas, 0, ulong.MaxValue));
        }
    }

    [Fact]
    public async Task An_hwpt_that_needs_an_unmap_is_journaled_after_it()
    {
        // The two are in different streams: with the HWPT and the area that it cannot hold, the context could not be opened again.
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var device = await iommu.Bind();
        for (var i = 0; i < 20; i++)
        {
            var ioas = await iommu.Ioas();
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1010));
            await iommu.Expect(Errno.EADDRINUSE, new HwptAlloc(device, ioas));
            var busy = iommu.Call(SimulatorHarness.Fixed(ioas, 0x8000));
            await InOrder(iommu, new IoasUnmap(ioas, 0x1000, 0x2000), new HwptAlloc(device, ioas));
            Assert.Equal(Errno.None, (await busy).Errno);
        }
    }

    [Fact]
    public async Task An_attach_that_comes_before_the_detach_is_durable_keeps_what_its_device_cannot_reach()
    {
        // What the detach gave back, once it was durable, was the new attachment's.
        await using var iommu = await new SimulatorHarness().OpenAsync();
        iommu.First.RegionsOf = _ => [new IovaRange(0x1000, 0x1fff)];
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var hwpt = await iommu.NestParent(device, ioas);
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        for (var i = 0; i < 20; i++)
        {
            var (earlier, later) = (iommu.Call(new DeviceDetach(device)), iommu.Call(new DeviceAttach(device, hwpt)));
            Assert.Equal((Errno.None, Errno.None), ((await earlier).Errno, (await later).Errno));
            await iommu.Expect(Errno.EINVAL, SimulatorHarness.Fixed(ioas, 0x1000));
        }
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
    }

    /// <summary>Makes two calls at once; the first is answered first.</summary>
    private static async Task InOrder(SimulatorHarness iommu, Call first, Call second)
    {
        var (earlier, later) = (iommu.Call(first), iommu.Call(second));
        await later;
        Assert.True(earlier.IsCompleted, $"{second} was answered {later.Result} while {first} was not durable");
        Assert.Equal(Errno.None, earlier.Result.Errno);
    }
}
