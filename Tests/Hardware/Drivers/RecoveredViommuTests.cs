using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Driver;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Hardware.Tegra241.Driver;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Hardware.Amd;

namespace Iommu.Tests.Hardware.Drivers;

/// <summary>A vIOMMU that is made again for one that a crash has orphaned: it gets its interface, and the queues it asks for.</summary>
public class RecoveredViommuTests
{
    [Fact]
    public void On_AMD_a_log_keeps_its_records_and_a_buffer_that_is_not_asked_for_is_closed()
    {
        var machine = AmdMachine.Create();
        var ram = machine.Frames.Allocate(12)!.Value;
        var first = Viommu("a/5");
        var registers = new GuestRegisters(machine.Memory, first.RegisterPage);
        first.InitHwQueue(HwQueueType.AmdEventLog, 0, 0x1000, ram + 0x1000, 4096);
        first.InitHwQueue(HwQueueType.AmdCommandBuffer, 0, 0x2000, ram + 0x2000, 4096);
        registers.Write(QueueRegisters.CommandTailOffset, 16);
        Assert.Equal(QueueStep.Stopped, first.CommandBuffer.Step());
        Assert.Equal(16u, registers.Read(QueueRegisters.EventTailOffset));
        registers.Restart(QueueStatus.CommandBufferRunning);

        var (again, other) = (Viommu("a/5"), Viommu("b/5"));
        Assert.Equal((first.RegisterPage, false), (again.RegisterPage, first.RegisterPage == other.RegisterPage));
        Assert.Equal(QueueStep.Idle, again.CommandBuffer.Step());
        Assert.Equal(Errno.None, again.InitHwQueue(HwQueueType.AmdEventLog, 0, 0x1000, ram + 0x1000, 4096).Errno);
        again.Recovered();
        Assert.Equal((16u, 0u), (registers.Read(QueueRegisters.EventTailOffset), registers.Read(QueueRegisters.CommandTailOffset)));
        Assert.Equal(QueueStatus.EventLogRunning | QueueStatus.EventInterrupt, registers.Status);
        Plan.Run(again.Free());
        Assert.Equal((0u, QueueStatus.None), (registers.Read(QueueRegisters.EventTailOffset), registers.Status));

        AmdViommu Viommu(string identity)
        {
            var parent = machine.Drivers[0].AllocPaging(machine.Devices[0], HwptAllocFlags.NestParent).Value!;
            return (AmdViommu)machine.Drivers[0].AllocViommu(
                machine.Devices[0], parent, new UserData(ViommuType.Amd, new byte[16]), new Named(identity)).Value!;
        }
    }

    [Fact]
    public void On_VTd_a_ring_that_is_not_asked_for_is_not_read()
    {
        var machine = VtdMachine.Create();
        var ring = machine.Frames.Allocate()!.Value;
        var first = Viommu("a/5");
        first.InitHwQueue(HwQueueType.VtdInvalidation, 0, 0x1000, ring, 4096);
        first.Queue!.Produce([Descriptor.Fence().Word0, 0, 0, 0]);

        var again = Viommu("a/5");
        var hardware = machine.Units[0].GuestQueues[0];
        Assert.Equal((first.RegisterPage, QueueStep.Idle), (again.RegisterPage, hardware.Step()));
        again.Recovered();
        Assert.Equal((QueueStep.Idle, 0UL), (hardware.Step(), hardware.ConsumedTotal));
        Assert.Equal(Errno.None, again.InitHwQueue(HwQueueType.VtdInvalidation, 0, 0x1000, ring, 4096).Errno);
        Assert.Equal((QueueStep.Idle, 0UL), (hardware.Step(), hardware.ConsumedTotal));

        VtdViommu Viommu(string identity) => (VtdViommu)machine.Drivers[0].AllocViommu(machine.Devices[0], Parent(machine),
            new UserData(ViommuType.VtdDirect, new byte[16]), new Named(identity)).Value!;
    }

    [Fact]
    public void On_Tegra241_a_queue_that_is_not_asked_for_is_taken_from_the_VINTF_which_goes_on_in_the_end()
    {
        var machine = Smmuv3Machine.Create(new() { Cmdqv = new CmdqvParameters(2, 4, 1) });
        var ring = machine.Frames.Allocate()!.Value;
        var first = Viommu("a/5");
        for (var i = 0u; i < 3; i++) first.InitHwQueue(HwQueueType.Tegra241Cmdqv, i, 0, ring + 0x400 * i, 0x400);

        var again = Viommu("a/5");
        var vintf = machine.Cmdqvs[0].Vintfs[again.Vintf];
        Assert.Equal((first.Vintf, false), (again.Vintf, vintf.IsEnabled));
        Assert.Equal(Errno.None, again.InitHwQueue(HwQueueType.Tegra241Cmdqv, 0, 0, ring, 0x400).Errno);
        again.Recovered();
        Assert.True(vintf.IsEnabled);
        Assert.Equal([true, false, false], Enumerable.Range(0, 3).Select(i => vintf.Logical(i) is not null));
        Assert.Equal(Errno.None, again.InitHwQueue(HwQueueType.Tegra241Cmdqv, 1, 0, ring + 0x400, 0x400).Errno);

        Tegra241Viommu Viommu(string identity) => (Tegra241Viommu)machine.Drivers[0].AllocViommu(machine.Devices[0],
            machine.Drivers[0].AllocPaging(machine.Devices[0], HwptAllocFlags.NestParent).Value!,
            new UserData(ViommuType.Tegra241Cmdqv, new byte[16]), new Named(identity)).Value!;
    }

    [Fact]
    public void VIOMMU_ALLOC_answers_ENOSPC_when_the_interfaces_for_guests_are_taken()
    {
        var amd = AmdMachine.Create(new() { GuestsPerIommu = 2 });
        var vtd = VtdMachine.Create(new() { GuestsPerUnit = 2 });
        var (onAmd, onVtd) = (new List<IViommuDriver>(), new List<IViommuDriver>());
        for (var i = 0; i < 2; i++)
        {
            onAmd.Add(OnAmd().Value!);
            onVtd.Add(OnVtd().Value!);
        }
        Assert.Equal((Errno.ENOSPC, Errno.ENOSPC), (OnAmd().Errno, OnVtd().Errno));
        Plan.Run(onAmd[0].Free());
        Plan.Run(onVtd[0].Free());
        Assert.Equal((Errno.None, Errno.None), (OnAmd().Errno, OnVtd().Errno));

        Result<IViommuDriver> OnAmd() => amd.Drivers[0].AllocViommu(amd.Devices[0],
            amd.Drivers[0].AllocPaging(amd.Devices[0], HwptAllocFlags.NestParent).Value!,
            new UserData(ViommuType.Amd, new byte[16]), new Named(null));

        Result<IViommuDriver> OnVtd() => vtd.Drivers[0].AllocViommu(
            vtd.Devices[0], Parent(vtd), new UserData(ViommuType.VtdDirect, new byte[16]), new Named(null));
    }

    private static IPagingDomain Parent(VtdMachine machine) =>
        machine.Drivers[0].AllocPaging(machine.Devices[0], HwptAllocFlags.NestParent).Value!;

    /// <summary>Services of a vIOMMU that a context knows by a name.</summary>
    private sealed class Named(string? identity) : IViommuServices
    {
        public string? Identity => identity;

        public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes) => 0x1000UL;

        public void FreeMmap(ulong offset)
        {
        }

        public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data)
        {
        }
    }
}
