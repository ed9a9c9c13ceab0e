using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Hardware.Tegra241;

/// <summary>What a guest can do with a queue of its own, and what it cannot.</summary>
public class VcmdqTests
{
    private static readonly Command Invalidation = Command.NhVa(0x77, 5, 0x1000, leaf: true);

    private readonly CmdqvRig _rig = new();

    [Fact]
    public void A_ring_is_drained_by_its_own_registers_and_wraps()
    {
        var (_, guest, queue, _) = _rig.Enabled();
        Assert.Equal(1u, guest.Status);
        for (var round = 0; round < 20; round++)
        {
            Assert.Equal(22, guest.Produce(Words(Invalidation, 10, VcmdqRing.Sync)));
            Assert.Equal(QueueStep.Waiting, guest.Step());
            Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(queue));
            Assert.Equal((QueueStep.Progress, QueueStep.Idle), (guest.Step(), guest.Step()));
        }
        Assert.Equal((220UL, 220UL), (guest.ConsumedTotal, queue.ConsumedTotal));
        Assert.Equal(guest.Producer, guest.Consumer);
    }

    [Fact]
    public void A_queue_that_is_off_reads_nothing_and_goes_on_where_it_was()
    {
        var (viommu, guest, queue, _) = _rig.Enabled();
        guest.Enable(false);
        Assert.Equal(0u, guest.Status);
        guest.Produce(Words(Invalidation, 3));
        Assert.Equal(QueueStep.Idle, queue.Step());
        _rig.Cmdqv.Write(RegisterMap.VintfRegisters + (ulong)viommu.Vintf * RegisterMap.VintfBytes, 0);
        guest.Enable();
        Assert.Equal((0u, 1u, QueueStep.Idle), (guest.Status, guest.Config, queue.Step()));
        _rig.Cmdqv.Write(RegisterMap.VintfRegisters + (ulong)viommu.Vintf * RegisterMap.VintfBytes, 1);
        Assert.Equal(1u, guest.Status);
        CmdqvRig.Drain(queue);
        Assert.Equal(3u, guest.Consumer);
    }

    [Fact]
    public void A_doorbell_is_passed_on_once_until_it_is_answered()
    {
        var (_, guest, queue, _) = _rig.Enabled();
        var rung = 0;
        queue.Answer();
        queue.Rung = () => rung++;
        guest.Produce(Words(Invalidation, 1));
        guest.Produce(Words(Invalidation, 1));
        Assert.Equal(1, rung);
        queue.Answer();
        CmdqvRig.Drain(queue);
        guest.Produce(Words(Invalidation, 1));
        Assert.Equal(2, rung);
        queue.Answer();
        guest.Enable(false);
        guest.Produce(Words(Invalidation, 1));
        Assert.Equal(2, rung);
        guest.Enable();
        Assert.Equal(3, rung);
    }

    [Theory]
    [InlineData(Opcode.TlbiNhAsid, true)]
    [InlineData(Opcode.TlbiNhVa, true)]
    [InlineData(Opcode.TlbiNhAll, false)]
    [InlineData(Opcode.TlbiNhVaa, false)]
    [InlineData(Opcode.TlbiNsnhAll, false)]
    [InlineData(Opcode.TlbiS12Vmall, false)]
    [InlineData(Opcode.TlbiS2Ipa, false)]
    [InlineData(Opcode.CfgiSte, false)]
    [InlineData(Opcode.CfgiSteRange, false)]
    [InlineData(Opcode.CfgiCd, false)]
    [InlineData(Opcode.CfgiCdAll, false)]
    [InlineData(Opcode.PrefetchConfig, false)]
    [InlineData(Opcode.PrefetchAddress, false)]
    public void A_guests_queue_carries_its_own_invalidations_and_stops_at_everything_else(Opcode opcode, bool isAllowed)
    {
        var (_, guest, queue, _) = _rig.Enabled();
        guest.Produce([(ulong)opcode, 0, .. Words(Invalidation, 1)]);
        Assert.Equal(isAllowed ? QueueStep.Idle : QueueStep.Stopped, CmdqvRig.Drain(queue));
        Assert.Equal(isAllowed ? 0 : (int)CommandError.Illegal, guest.Error);
        Assert.Equal(isAllowed ? 2u : 0u, guest.Consumer & 0xFF_FFFF);
    }

    [Fact]
    public void The_hypervisors_queue_carries_every_command_and_completes_a_sync_by_a_message()
    {
        var (viommu, guest, queue, _) = _rig.Enabled();
        var word = _rig.Ring();
        var message = new Command((ulong)Opcode.Sync | (1UL << 12) | (0xABCDUL << 32), word);
        guest.Produce(Words(message, 1));
        CmdqvRig.Drain(queue);
        Assert.Equal((1u, 0u), (guest.Consumer, _rig.Machine.Memory.Read32(word)));

        _rig.Cmdqv.Write(RegisterMap.VintfRegisters + (ulong)viommu.Vintf * RegisterMap.VintfBytes, RegisterMap.HypervisorOwned | 1);
        guest.Produce([.. Words(Command.CfgiAll(), 1), .. Words(Command.NsnhAll(), 1), .. Words(message, 1)]);
        Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(queue));
        Assert.Equal((4u, 0xABCDu), (guest.Consumer, _rig.Machine.Memory.Read32(word)));
    }

    [Fact]
    public void A_sync_waits_for_the_transactions_that_were_in_flight()
    {
        var domain = _rig.Driver.AllocPaging(_rig.Machine.Devices[4], HwptAllocFlags.None).Value!;
        domain.Map(0x1000, 0x5000, 0x1000, Access.Read);
        Plan.Run(_rig.Driver.Attach(_rig.Machine.Devices[4], null, domain).Value!);
        var port = _rig.Machine.OpenPort(_rig.Machine.Devices[4]);
        var (_, guest, queue, _) = _rig.Enabled();
        port.Begin(0x1000, Access.Read);
        guest.Produce(Words(Invalidation, 1, VcmdqRing.Sync));
        Assert.Equal(QueueStep.Waiting, CmdqvRig.Drain(queue));
        Assert.Equal(1u, guest.Consumer);
        while (!port.Step()) { }
        Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(queue));
        Assert.Equal(2u, guest.Consumer);
    }

    [Fact]
    public void I11_a_queue_that_stops_stops_alone_says_so_in_every_error_map_and_its_owner_hears_of_it()
    {
        var (viommu, guest, queue, _) = _rig.Enabled();
        var (_, other, otherQueue, _) = _rig.Enabled();
        guest.Produce([.. Words(Command.CfgiCd(8), 1), .. Words(Invalidation, 1)]);
        Assert.Equal(QueueStep.Stopped, CmdqvRig.Drain(queue));
        Assert.Equal((1u, 0u, 1), (guest.Gerror, guest.Gerrorn, guest.Error));
        Assert.Equal(1u << viommu.Vintf, _rig.Cmdqv.Read(RegisterMap.VintfErrorMap));
        Assert.Equal(1u << (viommu.Vintf * CmdqvRig.Small.LogicalPerVintf), _rig.Cmdqv.Read(RegisterMap.VcmdqErrorMap));
        var (type, data) = Assert.Single(_rig.Events);
        Assert.Equal((VeventqType.Tegra241Cmdqv, 16, 1UL, 0UL),
            (type, data.Length, BitConverter.ToUInt64(data), BitConverter.ToUInt64(data, 8)));

        other.Produce(Words(Invalidation, 2, VcmdqRing.Sync));
        Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(otherQueue));
        Assert.Equal((3u, 0u), (other.Consumer, other.Gerror));
        Plan.Run(viommu.Invalidate(InvalidateDataType.ArmSmmuv3, Bytes(Command.NhAll(0)), 16, 1).Batch!);
        Assert.False(_rig.Machine.Smmus[0].CommandQueue.IsStopped);

        guest.Replace(VcmdqRing.Sync);
        Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(queue));
        Assert.Equal((2u, 0, 0u), (guest.Consumer, guest.Error, _rig.Cmdqv.Read(RegisterMap.VintfErrorMap)));
    }

    [Fact]
    public void A_stream_id_that_no_slot_matches_or_a_secure_command_is_illegal()
    {
        var (viommu, guest, queue, _) = _rig.Enabled();
        viommu.AddVdevice(_rig.Machine.Devices[1], 0x21);
        guest.Produce(Words(Command.AtcInv(0x21, 0, Command.AtcSizeAll), 1));
        Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(queue));
        foreach (var bad in new[]
        {
            Command.AtcInv(0x22, 0, Command.AtcSizeAll), Command.AtcInv(0x10_0021, 0, Command.AtcSizeAll),
            Invalidation with { Word0 = Invalidation.Word0 | (1 << 10) },
        })
        {
            guest.Produce(Words(bad, 1));
            Assert.Equal((QueueStep.Stopped, 1), (CmdqvRig.Drain(queue), guest.Error));
            guest.Replace(VcmdqRing.Sync);
            Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(queue));
        }
        viommu.RemoveVdevice(0x21);
        guest.Produce(Words(Command.AtcInv(0x21, 0, Command.AtcSizeAll), 1));
        Assert.Equal(QueueStep.Stopped, CmdqvRig.Drain(queue));
    }

    [Fact]
    public void The_base_of_a_ring_is_written_while_the_queue_is_off_and_only_its_fields_stick()
    {
        var (viommu, guest, _, _) = _rig.Enabled();
        var page1 = RegisterMap.LogicalPage1(viommu.Vintf);
        var before = _rig.Cmdqv.Read(page1 + RegisterMap.Base);
        _rig.Cmdqv.Write(page1 + RegisterMap.Base, 0x100);
        Assert.Equal(before, _rig.Cmdqv.Read(page1 + RegisterMap.Base));
        guest.Enable(false);
        _rig.Cmdqv.Write(page1 + RegisterMap.Base, 0x104);
        _rig.Cmdqv.Write(page1 + RegisterMap.Base + 4, 0xFFFF_FFFF);
        Assert.Equal((0x104u, 0xFFFFu), (_rig.Cmdqv.Read(page1 + RegisterMap.Base), _rig.Cmdqv.Read(page1 + RegisterMap.Base + 4)));
    }

    internal static ulong[] Words(Command command, int count, params Command[] more) =>
        [.. Enumerable.Repeat(command, count).Concat(more).SelectMany(each => new[] { each.Word0, each.Word1 })];

    internal static byte[] Bytes(Command command) =>
        [.. BitConverter.GetBytes(command.Word0), .. BitConverter.GetBytes(command.Word1)];
}
