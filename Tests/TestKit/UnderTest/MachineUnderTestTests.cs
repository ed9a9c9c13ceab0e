using Iommu.Hardware;
using Iommu.Messages;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;
using RiscvStress;

namespace Iommu.Tests.TestKit.UnderTest;

/// <summary>A machine of each sort, from power on to the checks of the end.</summary>
public class MachineUnderTestTests
{
    private const ulong Iova = 0x10_0000_0000;

    public static TheoryData<StressHardware> Sorts => [.. StressHardware.All, new RiscvHardware()];

    [Theory]
    [MemberData(nameof(Sorts))]
    public Task A_device_reaches_what_is_mapped(StressHardware hardware) => MachineUnderTest.RunAsync(hardware, async machine =>
    {
        var (device, ioas) = (machine.Devices[0], await machine.IdAsync(new IoasAlloc()));
        await machine.DoneAsync(new DeviceAttach(await machine.IdAsync(new DeviceBind(device.Name)), ioas));
        var user = await machine.MapAsync(ioas, Iova, 0x2000);
        machine.Write(user + 0x1008, [1, 2, 3]);
        machine.ExpectReaches(device, Iova + 0x1008, user + 0x1008, Access.Write);
        Assert.Equal([1, 2, 3], machine.Read(user + 0x1008, 3));
        await machine.DoneAsync(new IoasUnmap(ioas, Iova, 0x2000));
        machine.ExpectBlocked(device, Iova + 0x1008);
        machine.ExpectNoStaleHit();
    });

    [Theory]
    [MemberData(nameof(Sorts))]
    public Task A_guest_edits_its_tables_and_invalidates(StressHardware hardware) => MachineUnderTest.RunAsync(hardware, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        var before = guest.AddressOf(3);
        guest.ExpectMapped(3);
        guest.Unmap(3);
        await guest.InvalidateAsync(3);
        guest.ExpectUnmapped(3);
        guest.Remap(3);
        Assert.NotEqual(before, guest.AddressOf(3));
        guest.ExpectMapped(3);
        guest.ExpectMapped(GuestUnderTest.Pages - 1);
        await machine.ExpectErrnoAsync(Errno.EBUSY, new Destroy(guest.NestParent));
    }, new MachineOptions { DevicesWithAts = hardware.HasAts ? 1 : 0 });

    [Fact]
    public async Task What_is_reached_otherwise_is_told()
    {
        await using var machine = await MachineUnderTest.StartAsync(StressHardware.Smmuv3);
        var (device, ioas) = (machine.Devices[0], await machine.IdAsync(new IoasAlloc()));
        await machine.DoneAsync(new DeviceAttach(await machine.IdAsync(new DeviceBind(device.Name)), ioas));
        var user = await machine.MapAsync(ioas, Iova, 0x1000);

        var blocked = Assert.Throws<ExpectationException>(() => machine.ExpectBlocked(device, Iova));
        Assert.Contains("to be blocked at 0x1000000000, but it came to Translated 0x", blocked.Message);
        var elsewhere = Assert.Throws<ExpectationException>(() => machine.ExpectReaches(device, Iova + 0x1000, user));
        Assert.Contains("at 0x1000001000, but it came to Unmapped", elsewhere.Message);
    }

    [Fact]
    public async Task Memory_that_the_process_has_not_is_neither_read_nor_written()
    {
        await using var machine = await MachineUnderTest.StartAsync(StressHardware.Smmuv3);
        var read = Assert.Throws<ExpectationException>(() => machine.Read(0x1000, 1));
        Assert.Equal("the process cannot read at 0x1000: EFAULT", read.Message);
        var written = Assert.Throws<ExpectationException>(() => machine.Write(0x1000, [1]));
        Assert.Equal("the process cannot write at 0x1000: EFAULT", written.Message);
    }

    [Fact]
    public async Task A_call_that_must_succeed_says_what_it_was_answered()
    {
        await using var machine = await MachineUnderTest.StartAsync(StressHardware.Smmuv3);
        var failed = await Assert.ThrowsAsync<ExpectationException>(() => machine.IdAsync(new DeviceBind("nowhere")));
        Assert.Equal("expected DeviceBind(Name = nowhere) to succeed, but the answer is ENODEV", failed.Message);
    }

    [Fact]
    public Task Callers_together_come_to_the_end_of_their_scripts() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var ioas = await machine.IdAsync(new IoasAlloc());
        var answers = new Errno[2];
        await machine.TogetherAsync(
            async caller => answers[0] = (await caller.CallAsync(new Destroy(ioas))).Errno,
            async caller =>
            {
                await caller.PauseAsync();
                answers[1] = (await caller.CallAsync(new Destroy(ioas))).Errno;
            });
        Assert.Equal([Errno.None, Errno.ENOENT], answers.Order());
        await machine.ExpectGoneAsync(ioas);
    });

    [Fact]
    public async Task What_the_body_throws_comes_out_and_so_does_what_is_broken_besides()
    {
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(
            () => MachineUnderTest.RunAsync(StressHardware.Smmuv3, _ => throw new TimeZoneNotFoundException()));
        var both = await Assert.ThrowsAsync<ExpectationException>(() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, machine =>
        {
            machine.Findings.Report("I99", "the lamp is off");
            throw new TimeZoneNotFoundException("no zone");
        }));
        Assert.Equal($"no zone{Environment.NewLine}I99 broken: the lamp is off", both.Message);
        Assert.IsType<TimeZoneNotFoundException>(both.InnerException);
    }
}
