using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;

namespace Iommu.Tests.TestKit.UnderTest;

/// <summary>What a VMM reads: the events of a vIOMMU, and page faults.</summary>
public class EventTests
{
    private const int EventBytes = 32;

    private static readonly MachineOptions Impatient = new() { Patience = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public Task A_guest_hears_of_its_own_fault() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        var events = await machine.EventsAsync(guest.Viommu, VeventqType.ArmSmmuv3, EventBytes);
        await events.ExpectNothingAsync();
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectUnmapped(0);
        var read = await events.ExpectAsync("a translation fault", it => it.Data.Span[0] == 0x10);
        Assert.Equal((0U, false, EventBytes), (read.Sequence, read.IsLost, read.Data.Length));
    });

    [Fact]
    public Task What_does_not_come_is_missed_and_what_came_is_shown() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        var events = await machine.EventsAsync(guest.Viommu, VeventqType.ArmSmmuv3, EventBytes);
        var nothing = await Assert.ThrowsAsync<ExpectationException>(events.ExpectLostAsync);
        Assert.Equal("expected lost events, but there were no events", nothing.Message);
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectUnmapped(0);
        var other = await Assert.ThrowsAsync<ExpectationException>(events.ExpectLostAsync);
        Assert.StartsWith($"expected lost events, but the events were{Environment.NewLine}  event 0 10", other.Message);
    }, Impatient);

    [Fact]
    public Task Events_that_find_no_room_are_said_to_be_lost() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        var events = await machine.EventsAsync(guest.Viommu, VeventqType.ArmSmmuv3, EventBytes, depth: 1);
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        for (var i = 0; i < 3; i++) guest.ExpectUnmapped(0);
        Assert.True((await events.ExpectLostAsync()).IsLost);
    });

    [Fact]
    public Task There_is_something_where_nothing_was_expected() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var (faults, device) = await AttachWithFaultsAsync(machine);
        Report(machine);
        var fault = await faults.ExpectAsync(device, 0x5000);
        await faults.ExpectNothingAsync();
        await faults.RespondAsync(fault, PageResponseCode.Success);
        await machine.Driver.ExpectCallAsync(nameof(IIommuDriver.RespondToFaults), machine.Devices[0]);
        Report(machine);
        await faults.File.PollAsync(TimeSpan.FromSeconds(10));
        var there = await Assert.ThrowsAsync<ExpectationException>(faults.ExpectNothingAsync);
        Assert.Equal($"expected nothing in queue {faults.Queue}, but there is something to read", there.Message);
    });

    [Fact]
    public Task A_page_fault_of_another_device_is_not_the_one() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var (faults, device) = await AttachWithFaultsAsync(machine);
        Report(machine);
        var other = await Assert.ThrowsAsync<ExpectationException>(() => faults.ExpectAsync(new(99), 0x5000));
        Assert.Equal($"expected a page fault of device 99 at 0x5000, but the page faults were{Environment.NewLine}"
            + $"  device {device} at 0x5000, group 1, Read", other.Message);
        var refused = await Assert.ThrowsAsync<ExpectationException>(
            () => faults.RespondAsync(new IommuHwptPgfault { Cookie = 1234 }, PageResponseCode.Success));
        Assert.Equal("the answer Success to a page fault under cookie 1234 is refused: EINVAL", refused.Message);
    }, Impatient);

    private static void Report(MachineUnderTest machine) => machine.Simulator.ReportFault(
        machine.Devices[0], new PageFault(PageFaultFlags.LastPage, 0, 1, PageFaultPermissions.Read, 0x5000));

    private static async Task<(PageFaults Faults, ObjectId Device)> AttachWithFaultsAsync(MachineUnderTest machine)
    {
        var faults = await machine.FaultsAsync();
        var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var hwpt = await machine.IdAsync(new HwptAlloc(
            device, await machine.IdAsync(new IoasAlloc()), HwptAllocFlags.FaultIdValid, FaultQueue: faults.Queue));
        await machine.DoneAsync(new DeviceAttach(device, hwpt));
        return (faults, device);
    }
}
