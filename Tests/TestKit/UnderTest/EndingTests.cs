using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;

namespace Iommu.Tests.TestKit.UnderTest;

/// <summary>What the end of a test finds: each of the things that may be broken, broken on purpose.</summary>
public class EndingTests
{
    private const ulong Iova = 0x10_0000_0000;

    [Fact]
    public async Task A_pin_that_nobody_gives_back() => Assert.Contains("1 pins stand", await BrokenAsync("I5", machine =>
    {
        machine.Memory.Pin(machine.Allocate(0x1000), new ulong[1]);
        return Task.CompletedTask;
    }));

    [Fact]
    public async Task A_mapping_that_the_driver_has_lost() => Assert.Contains(
        "0x1000000000 maps nothing in a domain, its area says 0x", await BrokenAsync("I5", async machine =>
        {
            var (_, ioas, hwpt) = await AttachAsync(machine);
            await machine.MapAsync(ioas, Iova, 0x1000);
            machine.HardwareOf<IPagingDomain>(hwpt).Unmap(Iova, 0x1000);
        }));

    [Fact]
    public async Task A_reference_that_is_dropped_twice() => Assert.Contains("has users", await BrokenAsync("I1", async machine =>
    {
        var (_, ioas, _) = await AttachAsync(machine);
        machine.Context.Table.Find(ioas)!.Actor.Tell(Release.Dependant);
    }));

    [Fact]
    public async Task A_domain_that_is_freed_twice() => Assert.Equal(
        "the paging domain allocated for 0000:00:01.0 is freed twice", await BrokenAsync("I1", async machine =>
        {
            var (device, _, hwpt) = await AttachAsync(machine);
            var domain = (IDomain)machine.Context.Table.Find(hwpt)!.Hardware!;
            await machine.DoneAsync(new DeviceDetach(device));
            await machine.DoneAsync(new Destroy(hwpt));
            domain.Free();
        }));

    [Fact]
    public async Task A_domain_that_is_left() => Assert.Equal(
        "the last close has left the paging domain allocated for 0000:00:01.0", await BrokenAsync("I1", machine =>
        {
            machine.Devices[0].Iommu.AllocPaging(machine.Devices[0], default);
            return Task.CompletedTask;
        }));

    [Fact]
    public async Task An_object_that_nothing_finds() => Assert.Equal(
        "id 2 names a ioas in the journal, but a lookup finds nothing", await BrokenAsync("I2", async machine =>
        {
            await AttachAsync(machine);
            machine.Context.Table.Withdraw(new(2));
        }));

    [Fact]
    public async Task What_the_simulator_itself_finds_broken() => Assert.Equal("I7: it is so", await BrokenAsync("I7", machine =>
    {
        machine.Simulator.System.EventStream.Publish(new InvariantViolation("I7", "it is so"));
        return machine.DoneAsync(new IoasAlloc());
    }));

    [Fact]
    public async Task A_context_that_fails_by_itself() => Assert.Contains("its tests want it", await BrokenAsync("failure", async machine =>
    {
        machine.Context.Actor.Tell(new InspectContext(_ => throw new InvalidOperationException("its tests want it")));
        await machine.CallAsync(new IoasAlloc());
    }));

    private static async Task<(ObjectId Device, ObjectId Ioas, ObjectId Hwpt)> AttachAsync(MachineUnderTest machine)
    {
        var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var ioas = await machine.IdAsync(new IoasAlloc());
        var hwpt = await machine.IdAsync(new HwptAlloc(device, ioas));
        await machine.DoneAsync(new DeviceAttach(device, hwpt));
        return (device, ioas, hwpt);
    }

    /// <summary>What the first violation of an invariant is that the end finds.</summary>
    private static async Task<string> BrokenAsync(string invariant, Func<MachineUnderTest, Task> body)
    {
        var broken = await Assert.ThrowsAsync<ExpectationException>(() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, body));
        Assert.Contains(broken.Broken[0].What, broken.Message);
        return broken.Broken.First(violation => violation.Invariant == invariant).What;
    }
}
