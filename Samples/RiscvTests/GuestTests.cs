using Iommu.Messages;
using Iommu.TestKit.UnderTest;
using RiscvIommu;
using RiscvIommu.Driver;
using RiscvIommu.Formats;
using RiscvStress;

namespace RiscvTests;

/// <summary>The driver as a VMM has it.</summary>
public class GuestTests
{
    [Fact]
    public Task A_guest_maps_a_page_to_something_else() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var guest = await machine.StartGuestAsync();
        guest.ExpectMapped(0);
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        await machine.Queue.ExpectVmaAsync(guest.Space.Asid, GuestUnderTest.IovaOf(0));
        guest.ExpectUnmapped(0);
        guest.Remap(0);
        guest.ExpectMapped(0);
    });

    [Fact]
    public Task A_guest_hears_of_its_own_fault() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var guest = await machine.StartGuestAsync();
        var events = await machine.EventsAsync(guest.Viommu, RiscvTypes.Veventq, FaultRecord.Bytes);
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectUnmapped(0);
        await events.ExpectAsync("a read page fault", read => read.Data.Span[0] == (byte)FaultCause.ReadPage);
        await events.ExpectNothingAsync();
    });

    [Fact]
    public Task A_guest_can_have_no_second_stage_invalidated() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var guest = await machine.StartGuestAsync();
        machine.Queue.Clear();
        await machine.ExpectErrnoAsync(Errno.EIO, guest.Invalidation(guest.Iommu.AddRefused));
        machine.Queue.ExpectNone("no IOTINVAL.GVMA", consumed => consumed.Riscv().Opcode == Opcode.IotinvalGvma);
    });

    [Fact]
    public Task Two_guests_have_the_same_ids_and_nothing_else_in_common() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var one = await machine.StartGuestAsync(machine.Devices[0]);
        var other = await machine.StartGuestAsync(machine.Devices[1]);
        Assert.Equal(one.Space.Asid, other.Space.Asid);
        other.ExpectMapped(0);
        one.Unmap(0);
        await one.InvalidateAsync(0);
        one.ExpectUnmapped(0);
        other.ExpectMapped(0);
    });
}
