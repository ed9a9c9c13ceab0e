using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Stress;
using Iommu.TestKit.UnderTest;
using RiscvIommu.Driver;
using RiscvStress;

namespace RiscvTests;

/// <summary>The driver where something goes wrong.</summary>
public class FaultTests
{
    [Fact]
    public Task Whatever_step_fails_nothing_is_left() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var ioas = await machine.IdAsync(new IoasAlloc());
        var (parent, _) = await machine.FailEachStepAsync(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
        var (viommu, steps) = await machine.FailEachStepAsync(new ViommuAlloc(device, parent.Id, RiscvTypes.Viommu));
        Assert.NotEmpty(steps);
        await machine.FailEachStepAsync(new VdeviceAlloc(viommu.Id, device, 0x18));
    });

    [Fact]
    public Task An_attach_that_the_driver_refuses_changes_nothing() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var hwpt = await machine.IdAsync(new HwptAlloc(device, await machine.IdAsync(new IoasAlloc())));
        machine.Driver.FailNth(1);
        await machine.ExpectErrnoAsync(Errno.ENOMEM, new DeviceAttach(device, hwpt));
        await machine.DoneAsync(new DeviceAttach(device, hwpt));
    });

    [Fact]
    public Task A_lost_invalidation_is_found() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var guest = await machine.StartGuestAsync();
        guest.ExpectMapped(0);
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectMapped(0);
        machine.ExpectBroken("I8");
    }, new MachineOptions { Fault = new PlantedFault(FaultKind.DropInvalidation, AtInvalidation: 1, Every: 1) });

    [Fact]
    public Task A_late_invalidation_is_survived() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var guest = await machine.StartGuestAsync();
        guest.ExpectMapped(0);
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        guest.ExpectUnmapped(0);
    }, new MachineOptions { Fault = new PlantedFault(FaultKind.DelayInvalidation, AtInvalidation: 1, Every: 1) });

    [Fact]
    public Task A_guest_is_there_again_after_a_crash() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var guest = await machine.StartGuestAsync();
        machine.Write(guest.AddressOf(0), [42]);
        await machine.CrashAsync();
        guest.ExpectMapped(0);
        Assert.Equal([42], machine.Read(guest.AddressOf(0), 1));
    });

    [Fact]
    public Task Its_device_goes_on_while_its_context_crashes() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var guest = await machine.StartGuestAsync();
        await machine.CrashActorAsync(guest.Nested);
        guest.ExpectMapped(0);
        await guest.InvalidateAsync(0);
    });
}
