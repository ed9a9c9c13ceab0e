using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

public class DriverTests
{
    [Fact]
    public void No_device_can_be_mapped_anything_where_its_interrupts_go()
    {
        var device = Smmuv3Machine.Create().Devices[0];
        Assert.Equal([new IovaRange(0x0800_0000, 0x080F_FFFF)], device.Iommu.ReservedRegions(device));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void User_space_is_told_of_the_erratum_that_makes_it_repeat_invalidations(bool erratum, byte flags)
    {
        var device = Smmuv3Machine.Create(new() { RepeatsInvalidations = erratum }).Devices[0];
        Assert.Equal(flags, device.Iommu.HwInfo(device, HwInfoType.ArmSmmuv3).Value!.Data.Span[0]);
    }

    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new() { DevicesWithAts = 1 });

    private IIommuDriver Driver => _machine.Drivers[0];

    private PhysicalDevice Device => _machine.Devices[1];

    [Fact]
    public void A_device_without_a_domain_is_blocked_without_an_event()
    {
        var result = _machine.OpenPort(Device).Translate(0x1000, Access.Read);
        Assert.Equal(TranslationKind.Abort, result.Kind);
        Assert.Equal(0u, _machine.Smmus[0].Registers.EventProducer);
    }

    [Theory]
    [InlineData(0x1000UL, 0x1000UL)]
    [InlineData(0x20_0000UL, 0x20_0000UL)]
    [InlineData(0x4000_0000UL, 0x4000_0000UL)]
    [InlineData(0x1000UL, 0x4060_1000UL)]
    public void What_stage_1_maps_translates_until_it_is_unmapped_and_flushed(ulong iova, ulong length)
    {
        var domain = AttachPaging(HwptAllocFlags.None);
        const ulong physical = 0x80_0000_0000;
        Assert.Equal(Errno.None, domain.Map(iova, physical + (iova & 0x3FFF_FFFF), length, Access.Read));
        var port = _machine.OpenPort(Device);
        var last = iova + length - 1;
        Assert.Equal(Translation.Ok(physical + (iova & 0x3FFF_FFFF) + length - 1, Access.Read), port.Translate(last, Access.Read));
        Assert.Equal(EventType.F_PERMISSION, port.Translate(last, Access.Write).Event);
        Assert.Equal(EventType.F_TRANSLATION, port.Translate(last + 1, Access.Read).Event);
        Assert.Equal(length, domain.Unmap(iova, length));
        Assert.True(port.Translate(last, Access.Read).Succeeded);
        Plan.Run(domain.Flush(iova, length));
        Assert.Equal(EventType.F_TRANSLATION, port.Translate(last, Access.Read).Event);
    }

    [Fact]
    public void A_nested_guest_translates_through_both_stages_under_a_vmid_of_its_own()
    {
        var parent = AttachPaging(HwptAllocFlags.NestParent);
        var viommu = Driver.AllocViommu(Device, parent).Value!;
        Assert.Equal(Errno.None, viommu.AddVdevice(Device, 7));
        const ulong backing = 0x90_0000_0000;
        parent.Map(0, backing, 0x20_0000, Access.ReadWrite);
        // CD at IPA 0x1000, tables at 0x2000 .. 0x5000, one page at IPA 0x8000 for VA 0x1234000.
        Put(backing + 0x1000, (1UL << 31) | (1UL << 41) | (5UL << 48) | 16 | (1UL << 30) | (5UL << 32) | (1UL << 45));
        Put(backing + 0x1008, 0x2000);
        Put(backing + 0x2000, 0x3003);
        Put(backing + 0x3000, 0x4003);
        Put(backing + 0x4000 + 9 * 8, 0x5003);
        Put(backing + 0x5000 + 0x34 * 8, 0x8000 | (1UL << 11) | (1UL << 10) | (1UL << 6) | 3);
        var ste = new byte[16];
        BitConverter.TryWriteBytes(ste, 0x1000UL | (5UL << 1) | 1);
        var nested = viommu.AllocNested(ste).Value!;
        Plan.Run(Driver.Attach(Device, parent, nested).Value!);
        var port = _machine.OpenPort(Device);
        Assert.Equal(Translation.Ok(backing + 0x8567, Access.ReadWrite), port.Translate(0x1234567, Access.Write));
        Assert.Equal(Translation.Ok(backing + 0x8567, Access.ReadWrite), port.Translate(0x1234567, Access.Write));

        Put(backing + 0x5000 + 0x34 * 8, 0);
        Assert.True(port.Translate(0x1234567, Access.Write).Succeeded);
        var command = new byte[16];
        BitConverter.TryWriteBytes(command, 0x12UL | (5UL << 48));
        BitConverter.TryWriteBytes(command.AsSpan(8), 0x1234001UL);
        var prepared = viommu.Invalidate(InvalidateDataType.ArmSmmuv3, command, 16, 1);
        Assert.Equal((Errno.None, 1), (prepared.Errno, prepared.Handled));
        Plan.Run(prepared.Batch!);
        Assert.Equal(EventType.F_TRANSLATION, port.Translate(0x1234567, Access.Write).Event);
    }

    [Fact]
    public void A_walk_cache_is_told_of_every_table_that_an_unmap_of_several_areas_frees()
    {
        // Flushing the first area freed the tables of all, which the walk cache still pointed to when they were used again.
        var domain = AttachPaging(HwptAllocFlags.None);
        var port = _machine.OpenPort(Device);
        ulong[] areas = [0x20_0000, 0x40_0000];
        foreach (var iova in areas)
        {
            Assert.Equal(Errno.None, domain.Map(iova, 0x80_0000_0000, 0x1000, Access.Read));
            Assert.True(port.Translate(iova, Access.Read).Succeeded);
        }
        foreach (var iova in areas) domain.Unmap(iova, 0x1000);
        foreach (var iova in areas) Plan.Run(domain.Flush(iova, 0x1000));
        for (var other = 0x1000_0000UL; other < 0x1400_0000; other += 0x20_0000) domain.Map(other, 0x80_0000_0000, 0x1000, Access.Read);
        foreach (var iova in areas) Assert.Equal(EventType.F_TRANSLATION, port.Translate(iova, Access.Read).Event);
    }

    private IPagingDomain AttachPaging(HwptAllocFlags flags)
    {
        var domain = Driver.AllocPaging(Device, flags).Value!;
        Plan.Run(Driver.Attach(Device, null, domain).Value!);
        return domain;
    }

    private void Put(ulong address, ulong value) => _machine.Memory.Write64(address, value);
}
