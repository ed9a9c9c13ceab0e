using Iommu.Hardware;
using Iommu.Messages;
using Iommu.TestKit.UnderTest;
using Iommu.TestKit.UnderTest.Probes;
using RiscvIommu;
using RiscvIommu.Driver;
using RiscvStress;

namespace RiscvTests;

/// <summary>The driver as a host has it, without guests.</summary>
public class HostTests
{
    private const ulong Iova = 0x10_0000_0000;

    [Fact]
    public Task An_unmap_is_followed_by_its_invalidation() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var device = machine.Devices[0];
        var bound = await machine.IdAsync(new DeviceBind(device.Name));
        var ioas = await machine.IdAsync(new IoasAlloc());
        var hwpt = await machine.IdAsync(new HwptAlloc(bound, ioas));
        await machine.DoneAsync(new DeviceAttach(bound, hwpt));

        var user = await machine.MapAsync(ioas, Iova, 0x1000);
        machine.ExpectReaches(device, Iova, user, Access.Write);

        machine.Queue.Clear();
        await machine.DoneAsync(new IoasUnmap(ioas, Iova, 0x1000));
        var pscid = machine.HardwareOf<RiscvPagingDomain>(hwpt).Id;
        await machine.Queue.ExpectVmaAsync(pscid, Iova);
        machine.ExpectBlocked(device, Iova, Access.Write);
        machine.ExpectNoStaleHit();
    });

    [Fact]
    public Task What_is_in_use_is_busy_and_what_is_not_goes() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var bound = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var ioas = await machine.IdAsync(new IoasAlloc());
        var hwpt = await machine.IdAsync(new HwptAlloc(bound, ioas));
        await machine.DoneAsync(new DeviceAttach(bound, hwpt));
        await machine.ExpectErrnoAsync(Errno.EBUSY, new Destroy(hwpt));
        await machine.DoneAsync(new DeviceDetach(bound));
        await machine.DoneAsync(new Destroy(hwpt));
        await machine.ExpectGoneAsync(hwpt);
    });

    [Fact]
    public Task A_domain_is_flushed_before_its_tables_are_freed() => MachineUnderTest.RunAsync(new RiscvHardware(), async machine =>
    {
        var bound = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var hwpt = await machine.IdAsync(new HwptAlloc(bound, await machine.IdAsync(new IoasAlloc())));
        var pscid = machine.HardwareOf<RiscvPagingDomain>(hwpt).Id;
        machine.Queue.Clear();
        machine.Driver.Clear();
        await machine.DoneAsync(new Destroy(hwpt));
        await machine.Driver.ExpectCallAsync(nameof(RiscvPagingDomain.Free));
        await machine.Queue.ExpectVmaAsync(pscid, Iova);
        Assert.Equal(Opcode.Iofence, machine.Queue.Seen[^1].Riscv().Opcode);
    });
}
