using System.Buffers.Binary;
using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Amd;

public class DriverTests
{
    private const ulong Iova = 0x40_0000;

    private readonly AmdMachine _machine = AmdMachine.Create(new() { DevicesWithAts = 1 });

    private IIommuDriver Driver => _machine.Drivers[0];

    private PhysicalDevice Device => _machine.Devices[1];

    [Fact]
    public void The_hardware_tells_its_feature_registers()
    {
        var info = Driver.HwInfo(Device, HwInfoType.None).Value!;
        Assert.Equal((HwInfoType.Amd, 16), (info.Type, info.Data.Length));
        Assert.Equal(ExtendedFeatures.Default, BinaryPrimitives.ReadUInt64LittleEndian(info.Data.Span));
        Assert.Equal(ExtendedFeatures.TranslatedGuestRoot, BinaryPrimitives.ReadUInt64LittleEndian(info.Data.Span[8..]));
        Assert.Equal(info.Data.ToArray(), Driver.HwInfo(Device, HwInfoType.Amd).Value!.Data.ToArray());
        Assert.Equal(Errno.EOPNOTSUPP, Driver.HwInfo(Device, HwInfoType.ArmSmmuv3).Errno);
    }

    [Fact]
    public void A_device_that_is_attached_to_nothing_is_aborted_without_an_event()
    {
        var port = _machine.OpenPort(Device);
        Assert.Equal(TranslationKind.Abort, port.Translate(Iova, Access.Read).Kind);
        Assert.Null(port.LastEvent);
    }

    [Fact]
    public void What_is_mapped_is_translated_until_it_is_unmapped_and_flushed()
    {
        foreach (var device in _machine.Devices.Take(2))
        {
            var domain = Attached(device, HwptAllocFlags.None);
            var port = _machine.OpenPort(device);
            Assert.Equal(Errno.None, domain.Map(Iova, 0x9000, 0x3000, Access.Read));
            Assert.Equal(Translation.Ok(0xA010, Access.Read), port.Translate(Iova + 0x1010, Access.Read));
            Assert.Equal(EventType.IO_PAGE_FAULT, port.Translate(Iova, Access.Write).Event);
            Assert.Equal(EventFlags.Present | EventFlags.Permission | EventFlags.Write, port.LastEvent!.Value.Flags);
            Assert.Equal(0x3000UL, domain.Unmap(Iova, 0x3000));
            Assert.Equal((device, true), (device, port.Translate(Iova + 0x1010, Access.Read).Succeeded));
            Plan.Run(domain.Flush(Iova, 0x3000));
            Assert.Equal(EventType.IO_PAGE_FAULT, port.Translate(Iova + 0x1010, Access.Read).Event);
            Plan.Run(Driver.Attach(device, domain, null).Value!);
        }
    }

    [Fact]
    public void A_model_of_mappings_agrees_with_tables_of_pages_of_every_size()
    {
        var random = new Random(7);
        var domain = Attached(Device, HwptAllocFlags.None);
        var port = _machine.OpenPort(Device);
        var frames = _machine.Frames.InUse;
        var mapped = new SortedDictionary<ulong, (ulong Physical, ulong Length)>();
        for (var i = 0; i < 3_000; i++)
        {
            var length = (ulong)random.Next(1, 1 << random.Next(1, 12)) << 12;
            var iova = (ulong)random.Next(1 << 16) << 12;
            var physical = (ulong)random.Next(1 << 20) << 12;
            var free = !mapped.Any(m => m.Key < iova + length && iova < m.Key + m.Value.Length);
            if (random.Next(3) == 0) physical = (physical & ~0xFFF_FFFFUL) | (iova & 0xFFF_FFFF);
            if (free)
            {
                Assert.Equal(Errno.None, domain.Map(iova, physical, length, Access.ReadWrite));
                mapped[iova] = (physical, length);
            }
            else
            {
                var (start, area) = mapped.First(m => m.Key < iova + length && iova < m.Key + m.Value.Length);
                Assert.Equal(Errno.EEXIST, domain.Map(start, physical, 0x1000, Access.ReadWrite));
                Assert.Equal(area.Length, domain.Unmap(start, area.Length));
                Plan.Run(domain.Flush(start, area.Length));
                mapped.Remove(start);
            }
            var address = (ulong)random.Next(1 << 16) << 12 | 0x123;
            var hit = mapped.LastOrDefault(m => m.Key <= address && address < m.Key + m.Value.Length);
            ulong? expected = hit.Value.Length == 0 ? null : hit.Value.Physical + (address - hit.Key);
            var got = port.Translate(address, Access.Write);
            Assert.Equal((i, expected, expected), (i, domain.Lookup(address), got.Succeeded ? got.Address : null));
        }
        foreach (var (start, area) in mapped)
        {
            domain.Unmap(start, area.Length);
            Plan.Run(domain.Flush(start, area.Length));
        }
        Assert.Equal(frames, _machine.Frames.InUse);
    }

    [Fact]
    public void A_large_page_takes_one_entry_of_the_caches()
    {
        var domain = Attached(Device, HwptAllocFlags.None);
        var port = _machine.OpenPort(Device);
        domain.Map(0x100_0000, 0x300_0000, 64 << 10, Access.Read);
        port.Translate(0x100_0000, Access.Read);
        var cached = _machine.Iommus[0].CachedTranslations;
        for (var page = 0UL; page < 16; page++) port.Translate(0x100_0000 + (page << 12), Access.Read);
        Assert.Equal(16 - 1, _machine.Iommus[0].CachedTranslations - cached);
        Assert.Equal(0x300_F000UL, port.Translate(0x100_F000, Access.Read).Address);
    }

    [Fact]
    public void Writes_mark_pages_dirty_even_where_a_clean_translation_is_cached()
    {
        foreach (var device in _machine.Devices.Take(2))
        {
            var domain = Attached(device, HwptAllocFlags.DirtyTracking);
            var port = _machine.OpenPort(device);
            domain.Map(Iova, 0x20_0000, 0x20_0000, Access.ReadWrite);
            domain.Map(Iova + 0x20_0000, 0x70_0000, 0x2000, Access.ReadWrite);
            domain.Map(Iova + 0x20_2000, 0x90_0000, 0x1000, Access.ReadWrite);
            Assert.Empty(Dirty(domain, clear: true));
            foreach (var at in new[] { Iova + 0x12_3000, Iova + 0x20_1000, Iova + 0x20_2000 })
            {
                port.Translate(at, Access.Read);
                Assert.Empty(Dirty(domain, clear: false));
            }
            port.Translate(Iova + 0x12_3000, Access.Write);
            port.Translate(Iova + 0x20_1000, Access.Write);
            Assert.Equal([(Iova, 0x20_0000UL), (Iova + 0x20_0000, 0x2000UL)], Dirty(domain, clear: true));
            Plan.Run(domain.Flush(Iova, 0x40_0000));
            Assert.Empty(Dirty(domain, clear: true));
            port.Translate(Iova, Access.Write);
            Assert.Equal([(Iova, 0x20_0000UL)], Dirty(domain, clear: true));
            Plan.Run(Driver.Attach(device, domain, null).Value!);
        }
    }

    [Fact]
    public void Domain_ids_run_out_with_ENOSPC_and_come_back()
    {
        var machine = AmdMachine.Create(new() { DomainIds = 3 });
        IIommuDriver driver = machine.Drivers[0];
        var domains = Enumerable.Range(0, 3).Select(_ => driver.AllocPaging(machine.Devices[0], HwptAllocFlags.None).Value!).ToList();
        Assert.Equal(Errno.ENOSPC, driver.AllocPaging(machine.Devices[0], HwptAllocFlags.None).Errno);
        Plan.Run(domains[1].Free());
        Assert.Equal(Errno.None, driver.AllocPaging(machine.Devices[0], HwptAllocFlags.None).Errno);
    }

    [Fact]
    public void What_the_hardware_cannot_do_is_refused()
    {
        var plain = AmdMachine.Create(new() { Efr = ExtendedFeatures.InvalidateAll, Efr2 = 0 });
        IIommuDriver driver = plain.Drivers[0];
        foreach (var flags in new[] { HwptAllocFlags.NestParent, HwptAllocFlags.DirtyTracking, HwptAllocFlags.Pasid })
            Assert.Equal(Errno.EOPNOTSUPP, driver.AllocPaging(plain.Devices[0], flags).Errno);
        Assert.False(driver.SupportsViommu(plain.Devices[0], ViommuType.Amd));
        var domain = driver.AllocPaging(plain.Devices[0], HwptAllocFlags.None).Value!;
        Assert.Equal(Errno.EINVAL, Driver.Attach(Device, null, domain).Errno);
        Assert.Equal(Errno.EINVAL, Driver.AllocViommu(Device, domain, new(ViommuType.Amd), NoViommuServices.Instance).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, Driver.AllocPaging(Device, HwptAllocFlags.None, new(HwptDataType.AmdGuest, new byte[32])).Errno);
    }

    [Fact]
    public void An_unmap_at_any_point_of_an_attach_reaches_the_new_device()
    {
        for (var stop = 0; stop < 5; stop++)
        {
            var device = _machine.Devices[0];
            var domain = Driver.AllocPaging(device, HwptAllocFlags.None).Value!;
            domain.Map(Iova, 0x9000, 0x1000, Access.Read);
            var port = _machine.OpenPort(device);
            using var attach = Driver.Attach(device, null, domain).Value!.GetEnumerator();
            for (var i = 0; i < stop && attach.MoveNext(); i++)
            {
                Plan.Run(attach.Current);
                port.Translate(Iova, Access.Read);
            }
            domain.Unmap(Iova, 0x1000);
            Plan.Run(domain.Flush(Iova, 0x1000));
            while (attach.MoveNext()) Plan.Run(attach.Current);
            Assert.Equal((stop, false), (stop, port.Translate(Iova, Access.Read).Succeeded));
            Plan.Run(Driver.Attach(device, domain, null).Value!);
        }
    }

    [Fact]
    public void The_event_log_overflows_once_and_goes_on_when_software_lets_it()
    {
        var domain = Attached(Device, HwptAllocFlags.None);
        var port = _machine.OpenPort(Device);
        var queues = _machine.Iommus[0].Registers.Queues;
        for (var i = 0; i < 600; i++) port.Translate(Iova, Access.Read);
        Assert.Equal(511u * 16, queues.Read(QueueRegisters.EventTailOffset));
        Assert.True(queues.Status.HasFlag(QueueStatus.EventOverflow));
        Assert.False(queues.Status.HasFlag(QueueStatus.EventLogRunning));
        queues.Write(QueueRegisters.EventHeadOffset, 511 * 16);
        port.Translate(Iova, Access.Read);
        Assert.Equal(511u * 16, queues.Read(QueueRegisters.EventTailOffset));
        queues.Change(QueueStatus.EventLogRunning, QueueStatus.EventOverflow);
        port.Translate(Iova, Access.Read);
        Assert.Equal(0u, queues.Read(QueueRegisters.EventTailOffset));
    }

    [Fact]
    public void A_page_request_is_refused_without_PPR_and_answered_by_command()
    {
        var domain = Attached(Device, HwptAllocFlags.None);
        var port = _machine.OpenPort(Device);
        Assert.False(port.RequestPage(Iova, Access.Read, null, 4));
        var fault = new PageFault(PageFaultFlags.LastPage, 0, 4, PageFaultPermissions.Read, Iova);
        Plan.Run(Driver.RespondToFaults(Device, [fault], PageResponseCode.Success));
        Assert.True(port.TryTakeResponse(out var response));
        Assert.Equal(new PprResponse(null, 4, PprStatus.Success), response);
    }

    private static List<(ulong, ulong)> Dirty(IPagingDomain domain, bool clear)
    {
        var found = new List<(ulong, ulong)>();
        domain.Dirty!.Read(Iova, 0x40_0000, clear, (iova, length) => found.Add((iova, length)));
        return found;
    }

    private IPagingDomain Attached(PhysicalDevice device, HwptAllocFlags flags)
    {
        var domain = Driver.AllocPaging(device, flags).Value!;
        Plan.Run(Driver.Attach(device, null, domain).Value!);
        return domain;
    }
}
