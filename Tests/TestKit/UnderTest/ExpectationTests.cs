using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;

namespace Iommu.Tests.TestKit.UnderTest;

/// <summary>Each expectation of the context holds where it should, and says what is so instead where it does not.</summary>
public class ExpectationTests
{
    [Fact]
    public Task An_errno() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var ioas = await machine.IdAsync(new IoasAlloc());
        await machine.ExpectErrnoAsync(Errno.ENOENT, new IoasUnmap(ioas, 0, 0x1000));
        var other = await Assert.ThrowsAsync<ExpectationException>(() => machine.ExpectErrnoAsync(Errno.EBUSY, new Destroy(new(77))));
        Assert.Equal("expected Destroy(Id = 77) to be answered EBUSY, but the answer is ENOENT", other.Message);
        var succeeded = await Assert.ThrowsAsync<ExpectationException>(() => machine.ExpectErrnoAsync(Errno.EBUSY, new Destroy(ioas)));
        Assert.StartsWith("expected Destroy(Id = 1) to be answered EBUSY, but the answer is ok", succeeded.Message);
    });

    [Fact]
    public Task An_id_that_is_gone() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var ioas = await machine.IdAsync(new IoasAlloc());
        var hwpt = await machine.IdAsync(new HwptAlloc(device, ioas));
        var there = await Assert.ThrowsAsync<ExpectationException>(() => machine.ExpectGoneAsync(ioas));
        Assert.Equal($"expected id {ioas} gone, but it names a ioas: ioas {ioas}, used by hwpt-paging {hwpt}", there.Message);
        await machine.DoneAsync(new Destroy(hwpt));
        await machine.ExpectGoneAsync(hwpt);
    });

    [Fact]
    public Task An_id_is_gone_also_where_a_tombstone_stands() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        await machine.DoneAsync(new DeviceUnbind(guest.Device));
        await machine.ExpectGoneAsync(guest.Device);
    });

    [Fact]
    public Task A_stale_hit_is_found_where_invalidations_are_lost() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        guest.ExpectMapped(0);
        machine.ExpectNoStaleHit();
        var whole = Assert.Throws<ExpectationException>(() => machine.ExpectBroken("I8"));
        Assert.Equal("expected I8 broken, but everything holds", whole.Message);

        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectMapped(0);
        var stale = Assert.Throws<ExpectationException>(machine.ExpectNoStaleHit);
        Assert.StartsWith("expected no stale hit, but I8 broken: 0000:00:01.0 hit Combined", stale.Message);
        Assert.Equal("I8", machine.ExpectBroken("I8").Invariant);
    }, new MachineOptions { Fault = new PlantedFault(FaultKind.DropInvalidation, AtInvalidation: 1, Every: 1) });

    [Fact]
    public async Task A_stale_hit_that_nobody_expects_fails_the_test_at_its_end()
    {
        var broken = await Assert.ThrowsAsync<ExpectationException>(() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
        {
            var guest = await machine.StartGuestAsync();
            guest.ExpectMapped(0);
            guest.Unmap(0);
            await guest.InvalidateAsync(0);
            guest.ExpectMapped(0);
        }, new MachineOptions { Fault = new PlantedFault(FaultKind.DropInvalidation, AtInvalidation: 1, Every: 1) }));
        Assert.Equal("I8", Assert.Single(broken.Broken).Invariant);
    }

    [Fact]
    public Task A_synchronization_that_completes_early_is_found() => MachineUnderTest.RunAsync(StressHardware.Vtd, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        guest.ExpectMapped(0);
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectMapped(0);
        machine.ExpectBroken("I8");
    }, new MachineOptions { Fault = new PlantedFault(FaultKind.EarlySync, AtInvalidation: 1, Every: 1) });

    [Fact]
    public Task Delayed_invalidations_are_survived() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        guest.ExpectMapped(0);
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectUnmapped(0);
    }, new MachineOptions { Fault = new PlantedFault(FaultKind.DelayInvalidation, AtInvalidation: 1, Every: 1) });

    [Fact]
    public async Task A_fault_that_the_hardware_cannot_have_is_refused()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => MachineUnderTest.StartAsync(
            StressHardware.Amd, new MachineOptions { Fault = new PlantedFault(FaultKind.RepeatTlbi, 1) }));
        Assert.Equal("repeat-tlbi cannot be planted in amd", refused.Message);
    }

    [Fact]
    public Task Each_step_of_a_call_fails_in_turn() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var ioas = await machine.IdAsync(new IoasAlloc());
        var (answer, steps) = await machine.FailEachStepAsync(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
        Assert.Contains("reserve id", steps);
        await machine.DoneAsync(new Destroy(answer.Id));

        var failed = await Assert.ThrowsAsync<ExpectationException>(() => machine.FailEachStepAsync(new HwptAlloc(new(99), ioas)));
        Assert.EndsWith("is answered ENOENT though no step fails", failed.Message);
    });

    [Fact]
    public Task The_nth_step_fails_and_no_other() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        machine.FailNthStep(1);
        await machine.ExpectErrnoAsync(Errno.ENOMEM, new IoasAlloc());
        await machine.DoneAsync(new IoasAlloc());
    });
}
