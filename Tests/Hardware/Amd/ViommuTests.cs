using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Driver;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Amd;

public class ViommuTests
{
    private const ulong Va = 0x5000;
    private const ulong Gpa = 0x80_0000;

    private readonly AmdMachine _machine = AmdMachine.Create(new() { DevicesWithAts = 1, DomainIds = 12 });

    [Fact]
    public void A_request_goes_through_the_guests_tables_and_then_the_hosts_by_PASID()
    {
        var guest = new GuestOnAmd(_machine, _machine.Devices[0]);
        var gcr = guest.BuildTables();
        guest.MapPage(gcr, 0, Va, Gpa);
        guest.MapPage(gcr, 2, Va, Gpa + 0x1000, rights: 5);
        guest.Attach(_machine.Devices[1], 0x40, gcr, 7);
        var port = _machine.OpenPort(_machine.Devices[1]);
        Assert.Equal(Translation.Ok(guest.Physical(Gpa), Access.ReadWrite), port.Translate(Va, Access.Read));
        Assert.Equal(Translation.Ok(guest.Physical(Gpa) + 0x1008, Access.Read), port.Translate(Va + 8, Access.Read, 2));
        Assert.Equal(EventType.IO_PAGE_FAULT, port.Translate(Va, Access.Read, 3).Event);
        Assert.Equal(EventType.IO_PAGE_FAULT, port.Translate(Va, Access.Write, 2).Event);
    }

    [Fact]
    public void Entries_without_tables_pass_block_or_bound_what_the_parent_grants()
    {
        var guest = new GuestOnAmd(_machine, _machine.Devices[1]);
        var port = _machine.OpenPort(_machine.Devices[1]);
        var (passed, blocked, readable) = (
            guest.AllocNested(GuestOnAmd.Bytes(0, 0, 0, 0)).Value!, guest.AllocNested(GuestOnAmd.Bytes(1, 0, 0, 0)).Value!,
            guest.AllocNested(GuestOnAmd.Bytes(3 | DeviceTableEntry.Read, 5, 0, 0)).Value!);
        Attach(null, passed);
        Assert.Equal(guest.Viommu.DomainId, ((AmdNestedDomain)passed).HostDomainId);
        Assert.Equal(Translation.Ok(guest.Physical(Gpa), Access.ReadWrite), port.Translate(Gpa, Access.Read));
        Attach(passed, blocked);
        Assert.Equal(TranslationKind.Abort, port.Translate(Gpa, Access.Read).Kind);
        Attach(blocked, readable);
        Assert.True(port.Translate(Gpa, Access.Read).Succeeded);
        Assert.False(port.Translate(Gpa, Access.Write).Succeeded);

        void Attach(IDomain? from, IDomain to) => Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[1], from, to).Value!);
    }

    [Fact]
    public void Domains_of_one_guest_id_share_a_host_id_and_others_do_not()
    {
        var parent = new GuestOnAmd(_machine, _machine.Devices[0]).Parent;
        var first = new GuestOnAmd(_machine, _machine.Devices[0], parent);
        var second = new GuestOnAmd(_machine, _machine.Devices[0], parent);
        var ids = new[] { (first, 5), (first, 5), (first, 6), (second, 5) }
            .Select(at => ((AmdNestedDomain)at.Item1.AllocNested(GuestOnAmd.Entry(0x1000, (ushort)at.Item2)).Value!).HostDomainId).ToList();
        Assert.Equal(ids[0], ids[1]);
        Assert.Equal(3, ids.Distinct().Count());
        Assert.DoesNotContain(((AmdPagingDomain)parent).DomainId, ids);
    }

    [Fact]
    public void Host_ids_run_out_with_ENOSPC_and_come_back_with_the_last_domain_of_a_guest_id()
    {
        var guest = new GuestOnAmd(_machine, _machine.Devices[0]);
        var domains = Enumerable.Range(0, 10).Select(i => guest.AllocNested(GuestOnAmd.Entry(0x1000, (ushort)i)).Value!).ToList();
        Assert.Equal(Errno.ENOSPC, guest.AllocNested(GuestOnAmd.Entry(0x1000, 99)).Errno);
        var again = guest.AllocNested(GuestOnAmd.Entry(0x1000, 3)).Value!;
        Plan.Run(domains[3].Free());
        Assert.Equal(Errno.ENOSPC, guest.AllocNested(GuestOnAmd.Entry(0x1000, 99)).Errno);
        Plan.Run(again.Free());
        Assert.Equal(Errno.None, guest.AllocNested(GuestOnAmd.Entry(0x1000, 99)).Errno);
        Assert.Equal(Errno.ENOSPC, _machine.Drivers[0]
            .AllocViommu(_machine.Devices[0], guest.Parent, new(ViommuType.Amd), NoViommuServices.Instance).Errno);
    }

    [Fact]
    public void I10_what_was_cached_under_a_host_id_is_not_seen_by_its_next_owner()
    {
        var (one, two) = (new GuestOnAmd(_machine, _machine.Devices[1]), new GuestOnAmd(_machine, _machine.Devices[1]));
        var (first, second) = (one.BuildTables(), two.BuildTables());
        one.MapPage(first, 0, Va, Gpa);
        var old = one.Attach(_machine.Devices[1], 1, first, 7);
        var port = _machine.OpenPort(_machine.Devices[1]);
        Assert.True(port.Translate(Va, Access.Read).Succeeded);
        Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[1], old, null).Value!);
        Plan.Run(old.Free());
        var next = two.Attach(_machine.Devices[1], 1, second, 9);
        Assert.Equal(old.HostDomainId, next.HostDomainId);
        Assert.False(port.Translate(Va, Access.Read).Succeeded);
    }

    [Fact]
    public void L3_guests_on_one_stage_2_do_not_hit_each_others_translations()
    {
        var one = new GuestOnAmd(_machine, _machine.Devices[1]);
        var two = new GuestOnAmd(_machine, _machine.Devices[1], one.Parent, firstTable: 0x20_0000);
        var (first, second) = (one.BuildTables(), two.BuildTables());
        one.MapPage(first, 1, Va, Gpa);
        two.MapPage(second, 1, Va, Gpa + 0x1000);
        one.Attach(_machine.Devices[1], 1, first, 7);
        two.Attach(_machine.Devices[2], 1, second, 7);
        var ports = _machine.Devices.Skip(1).Take(2).Select(device => _machine.OpenPort(device)).ToList();
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(one.Physical(Gpa), ports[0].Translate(Va, Access.Read, 1).Address);
            Assert.Equal(one.Physical(Gpa) + 0x1000, ports[1].Translate(Va, Access.Read, 1).Address);
        }
    }

    [Theory]
    [InlineData(Errno.EINVAL, 3UL | 1UL << 9, 0UL, 0UL)]
    [InlineData(Errno.EINVAL, 3UL | 1UL << 12, 0UL, 0UL)]
    [InlineData(Errno.EINVAL, 3UL | 1UL << 55, 0UL, 0UL)]
    [InlineData(Errno.EINVAL, 3UL | 1UL << 55 | 3UL << 56, 1UL << 16, 0UL)]
    [InlineData(Errno.EINVAL, 3UL | 1UL << 55, 1UL << 16, 2UL << 54)]
    [InlineData(Errno.None, 3UL | 1UL << 55, 1UL << 16, 1UL << 54)]
    public void A_guests_entry_is_held_to_the_kernels_rules(Errno errno, ulong word0, ulong word1, ulong word2) =>
        Assert.Equal(errno, new GuestOnAmd(_machine, _machine.Devices[0]).AllocNested(GuestOnAmd.Bytes(word0, word1, word2, 0)).Errno);

    [Fact]
    public void Calls_with_a_wrong_type_length_or_id_are_refused()
    {
        var guest = new GuestOnAmd(_machine, _machine.Devices[0]);
        var viommu = guest.Viommu;
        Assert.Equal(Errno.EOPNOTSUPP, viommu.AllocNested(HwptAllocFlags.None, new(HwptDataType.ArmSmmuv3, new byte[32])).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, viommu.AllocNested(HwptAllocFlags.NestParent, new(HwptDataType.AmdGuest, new byte[32])).Errno);
        Assert.Equal(Errno.EINVAL, guest.AllocNested(new byte[24]).Errno);
        Assert.Equal(Errno.EINVAL, viommu.AddVdevice(_machine.Devices[0], 0x1_0000));
        Assert.Equal(Errno.None, viommu.AddVdevice(_machine.Devices[0], 1));
        Assert.Equal(Errno.EEXIST, viommu.AddVdevice(_machine.Devices[1], 1));
        var nested = guest.AllocNested(GuestOnAmd.Entry(0x1000, 1)).Value!;
        Assert.Equal(Errno.ENOENT, _machine.Drivers[0].Attach(_machine.Devices[1], null, nested).Errno);
        Assert.Equal(Errno.EINVAL, viommu.Invalidate(InvalidateDataType.ArmSmmuv3, new byte[16], 16, 1).Errno);
        Assert.Equal(Errno.EFAULT, viommu.Invalidate(InvalidateDataType.Amd, new byte[16], 16, 2).Errno);
        Assert.Equal(Errno.E2BIG, viommu.Invalidate(InvalidateDataType.Amd, [.. new byte[16], 1], 17, 1).Errno);
        Assert.Equal(Errno.None, viommu.Invalidate(InvalidateDataType.Amd, [], 16, 0).Errno);
    }

    [Fact]
    public void A_trapped_array_has_its_ids_replaced_and_ends_at_the_first_refused_entry()
    {
        var guest = new GuestOnAmd(_machine, _machine.Devices[0]);
        var gcr = guest.BuildTables();
        var nested = guest.Attach(_machine.Devices[0], 0x40, gcr, 7);
        var prepared = guest.Invalidate(
            Command.GuestPages(7, 2, Va, Va | 0xFFF, false), Command.GuestPages(8, 2, Va, Va | 0xFFF, false),
            Command.Iotlb(0x40, Va, Va | 0xFFF, 2), Command.Devtab(0x99), Command.Iotlb(0x41, Va, Va | 0xFFF), Command.All());
        Assert.Equal((Errno.EIO, 4), (prepared.Errno, prepared.Handled));
        Assert.Equal(
            [
                Command.GuestPages(nested.HostDomainId, 2, Va, Va | 0xFFF, false),
                Command.Iotlb((ushort)_machine.Devices[0].StreamId, Va, Va | 0xFFF, 2), Command.Wait(),
            ],
            MemoryMarshal.Cast<ulong, Command>(prepared.Batch!.Words.Span).ToArray());
        Assert.Equal(Errno.EIO, guest.Invalidate(Command.Wait()).Errno);
        Assert.Null(guest.Invalidate(Command.Wait()).Batch);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_guests_invalidation_and_an_unmap_of_the_parent_reach_what_is_cached_of_both(bool hasAts)
    {
        var device = _machine.Devices[hasAts ? 0 : 1];
        var guest = new GuestOnAmd(_machine, device);
        var gcr = guest.BuildTables();
        guest.MapPage(gcr, 2, Va, Gpa);
        guest.Attach(device, 0x40, gcr, 7);
        var port = _machine.OpenPort(device);
        Assert.Equal(guest.Physical(Gpa), port.Translate(Va, Access.Read, 2).Address);
        guest.MapPage(gcr, 2, Va, Gpa + 0x2000);
        Assert.Equal(guest.Physical(Gpa), port.Translate(Va, Access.Read, 2).Address);
        Plan.Run(guest.Invalidate(Command.GuestPages(7, 2, Va, Va | 0xFFF, false), Command.Iotlb(0x40, Va, Va | 0xFFF, 2)).Batch!);
        Assert.Equal(guest.Physical(Gpa) + 0x2000, port.Translate(Va, Access.Read, 2).Address);
        guest.Parent.Unmap(0, GuestOnAmd.RamBytes);
        Plan.Run(guest.Parent.Flush(0, GuestOnAmd.RamBytes));
        Assert.False(port.Translate(Va, Access.Read, 2).Succeeded);
    }

    [Fact]
    public void Faults_of_the_guests_tables_are_the_guests_and_those_of_the_hosts_are_the_hosts()
    {
        var guest = new GuestOnAmd(_machine, _machine.Devices[1]);
        var gcr = guest.BuildTables();
        guest.MapPage(gcr, 2, Va, GuestOnAmd.RamBytes);
        guest.Attach(_machine.Devices[1], 0x40, gcr, 7);
        var port = _machine.OpenPort(_machine.Devices[1]);
        port.Translate(Va + 0x1000, Access.Write, 2);
        Assert.Equal([EventRecord.Of(EventType.IO_PAGE_FAULT, 0x40, 2, EventFlags.Guest | EventFlags.Write, Va + 0x1000)], guest.Events);
        Assert.Equal(0u, _machine.Iommus[0].Registers.Queues.Read(QueueRegisters.EventTailOffset));
        port.Translate(Va, Access.Read, 2);
        Assert.Single(guest.Events);
        Assert.Equal(16u, _machine.Iommus[0].Registers.Queues.Read(QueueRegisters.EventTailOffset));
    }

    [Fact]
    public void The_register_page_can_be_mapped_where_the_caller_asks_for_it()
    {
        var guest = new GuestOnAmd(_machine, _machine.Devices[0]);
        var asked = new UserData(ViommuType.Amd, new byte[AmdViommu.UserDataBytes]);
        var viommu = (AmdViommu)_machine.Drivers[0].AllocViommu(_machine.Devices[0], guest.Parent, asked, guest).Value!;
        Assert.Equal(GuestOnAmd.Bytes(0x1000, 4096), viommu.UserDataBack.ToArray());
        Assert.True(guest.Viommu.UserDataBack.IsEmpty);
        var longer = new UserData(ViommuType.Amd, new byte[AmdViommu.UserDataBytes + 1]);
        Assert.Equal(Errno.EINVAL, _machine.Drivers[0].AllocViommu(_machine.Devices[0], guest.Parent, longer, guest).Errno);
    }
}
