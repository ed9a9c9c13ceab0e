using Iommu.Hardware;
using Iommu.Messages;
using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Traces;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;
using Iommu.Tests.Cli;

namespace Iommu.Tests.Replay.Explore;

/// <summary>Searching the orders of a body on a machine under test.</summary>
public sealed class BodyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("random")]
    [InlineData("pct")]
    public void A_body_that_holds_says_how_many_orders_it_was_run_in(string strategy) =>
        Assert.InRange(Interleavings.Hold(StressHardware.Smmuv3, InvalidateAsync, schedules: 50, strategy: strategy), 2, 50);

    [Fact]
    public void Steps_that_fail_are_choices_too() => Assert.InRange(
        Interleavings.Hold(StressHardware.Vtd, async machine =>
        {
            var (device, ioas) = (await machine.IdAsync(new DeviceBind(machine.Devices[0].Name)), await machine.IdAsync(new IoasAlloc()));
            await machine.TogetherAsync(
                caller => caller.CallAsync(new HwptAlloc(device, ioas)), caller => caller.CallAsync(new DeviceAttach(device, ioas)));
        }, schedules: 100, failures: 1), 2, 100);

    [Fact]
    public void An_expectation_that_some_order_breaks_is_shown_kept_and_repeated()
    {
        var broken = Assert.Throws<BrokenScheduleException>(
            () => Interleavings.Hold(StressHardware.Smmuv3, DestroyAsync, folder: _folder["kept"]));
        Assert.Equal(Violations.Expectation, broken.Violation.Invariant);
        Assert.Contains("the first was slower", broken.Message);
        Assert.Contains($"kept as {broken.Path}", broken.Message);
        Assert.Contains("Destroy(Id = 1)", broken.Message);

        var again = Interleavings.Repeat(broken.Path!, StressHardware.Smmuv3, DestroyAsync);
        Assert.Equal(broken.Violation.What, again!.What);
        Assert.Throws<TraceException>(() => Interleavings.Repeat(broken.Path!, StressHardware.Smmuv3, InvalidateAsync));
    }

    [Fact]
    public void What_a_test_leaves_behind_breaks_its_end()
    {
        var broken = Assert.Throws<BrokenScheduleException>(() => Interleavings.Hold(StressHardware.Smmuv3, async machine =>
        {
            machine.Devices[0].Iommu.AllocPaging(machine.Devices[0], default);
            await machine.TogetherAsync(caller => caller.PauseAsync());
        }, folder: _folder["kept"]));
        Assert.StartsWith("I1 broken: the last close has left the paging domain allocated for 0000:00:01.0", broken.Message);
    }

    [Fact]
    public void A_body_in_which_nobody_meets_has_nothing_to_search()
    {
        var nothing = Assert.Throws<ScenarioException>(
            () => Interleavings.Hold(StressHardware.Smmuv3, machine => machine.DoneAsync(new IoasAlloc())));
        Assert.Equal("the body comes to no TogetherAsync whose order could be searched", nothing.Message);
    }

    [Fact]
    public void A_crash_is_no_choice_of_a_search()
    {
        var refused = Assert.Throws<InvalidOperationException>(
            () => Interleavings.Hold(StressHardware.Smmuv3, machine => machine.CrashAsync()));
        Assert.Equal("a crash of the machine is no choice of a search", refused.Message);
    }

    private static async Task DestroyAsync(MachineUnderTest machine)
    {
        var ioas = await machine.IdAsync(new IoasAlloc());
        var first = Errno.None;
        await machine.TogetherAsync(
            async caller => first = (await caller.CallAsync(new Destroy(ioas))).Errno, caller => caller.CallAsync(new Destroy(ioas)));
        if (first != Errno.None) throw new InvalidOperationException("the first was slower");
    }

    private static async Task InvalidateAsync(MachineUnderTest machine)
    {
        var guest = await machine.StartGuestAsync();
        guest.ExpectMapped(0);
        guest.Unmap(0);
        await machine.TogetherAsync(
            caller => guest.InvalidateAsync(caller, 0),
            caller => caller.TranslateAsync(machine.Port(guest.Physical), GuestUnderTest.IovaOf(0), Access.Read));
        guest.ExpectUnmapped(0);
        machine.ExpectNoStaleHit();
    }
}
