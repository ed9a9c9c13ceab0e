using Akka.Configuration;
using Iommu.Actors.Contexts;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;
using RiscvStress;

namespace Iommu.Tests.TestKit.UnderTest;

/// <summary>A machine under test that goes down, or an actor of it.</summary>
public class MachineCrashTests
{
    public static TheoryData<StressHardware> Sorts => [.. StressHardware.All, new RiscvHardware()];

    [Theory]
    [MemberData(nameof(Sorts))]
    public Task A_guest_reaches_its_memory_after_a_crash_of_the_machine(StressHardware hardware) =>
        MachineUnderTest.RunAsync(hardware, async machine =>
        {
            var guest = await machine.StartGuestAsync();
            machine.Write(guest.AddressOf(2), [42]);
            var device = machine.Devices[0];
            await machine.CrashAsync();
            Assert.NotSame(device, machine.Devices[0]);
            guest.ExpectMapped(2);
            Assert.Equal([42], machine.Read(guest.AddressOf(2), 1));
            await machine.DoneAsync(new DeviceUnbind(guest.Device));
            guest.ExpectUnmapped(2);
        });

    [Theory]
    [MemberData(nameof(Sorts))]
    public Task A_context_comes_back_after_a_crash_of_an_actor(StressHardware hardware) =>
        MachineUnderTest.RunAsync(hardware, async machine =>
        {
            var guest = await machine.StartGuestAsync();
            foreach (var id in new[] { ObjectId.None, guest.Device, guest.Ioas, guest.Nested })
            {
                await machine.CrashActorAsync(id);
                guest.ExpectMapped(2);
            }
            await guest.InvalidateAsync(2);
        });

    [Fact]
    public Task What_was_acknowledged_is_there_again_and_again() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var ioas = await machine.IdAsync(new IoasAlloc());
        var user = await machine.MapAsync(ioas, 0x5000, 0x3000);
        machine.Write(user + 0x2000, [7]);
        await machine.CrashAsync();
        await machine.ExpectErrnoAsync(Errno.EEXIST, new IoasMap(
            ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, user, 0x1000, 0x5000));
        await machine.DoneAsync(new Destroy(ioas));
        await machine.CrashAsync();
        await machine.ExpectGoneAsync(ioas);
        Assert.Equal([7], machine.Read(user + 0x2000, 1));
        Assert.NotEqual(user, machine.Allocate(0x1000));
    });

    [Fact]
    public Task Events_are_read_on_after_a_crash() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        var events = await machine.EventsAsync(guest.Viommu, VeventqType.ArmSmmuv3, 32);
        await machine.CrashActorAsync();
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectUnmapped(0);
        await events.ExpectAsync("a translation fault", it => it.Data.Length > 0 && it.Data.Span[0] == 0x10);
    });

    [Fact]
    public async Task A_driver_that_cannot_make_it_all_again_says_so()
    {
        await using var machine = await MachineUnderTest.StartAsync(StressHardware.Smmuv3);
        await machine.StartGuestAsync();
        machine.Driver.FailNth(1);
        await Assert.ThrowsAsync<RestoreException>(machine.CrashAsync);
        Assert.Throws<InvalidOperationException>(() => machine.Context);
    }

    [Fact]
    public async Task A_context_that_does_not_come_back_is_missed()
    {
        await using var machine = await MachineUnderTest.StartAsync(StressHardware.Smmuv3, new MachineOptions
        {
            Patience = TimeSpan.FromMilliseconds(200),
            Configuration = ConfigurationFactory.ParseString("iommu.contexts.restarts = 0"),
        });
        var missed = await Assert.ThrowsAsync<ExpectationException>(() => machine.CrashActorAsync());
        Assert.Equal("the context is not back 0.2 s after its crash", missed.Message);
        machine.ExpectNoStaleHit();
        await Assert.ThrowsAsync<ExpectationException>(async () => await machine.DisposeAsync());
    }

    [Fact]
    public async Task An_actor_that_is_not_there_cannot_crash()
    {
        await using var machine = await MachineUnderTest.StartAsync(StressHardware.Smmuv3);
        var none = await Assert.ThrowsAsync<ExpectationException>(() => machine.CrashActorAsync(new(5)));
        Assert.Equal("there is no object 5 whose actor could crash", none.Message);
    }
}
