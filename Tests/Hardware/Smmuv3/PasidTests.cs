using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>PASIDs of a device, attached to stage 1 of the host: context descriptors in tables of one and of two levels.</summary>
public class PasidTests
{
    private const ulong Iova = 0x4000;

    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new()
    {
        DevicesWithAts = 1, PasidBits = 20, Registers = Registers.Complete,
    });

    private IIommuDriver Driver => _machine.Drivers[0];

    private PhysicalDevice Plain => _machine.Devices[1];

    [Theory]
    [InlineData(1u, 20)]
    [InlineData(1023u, 20)]
    [InlineData(1024u, 20)]
    [InlineData(0xF_FFFFu, 20)]
    [InlineData(1023u, 10)]
    [InlineData(1u, 1)]
    public void A_PASID_translates_by_its_own_tables_and_no_other_does(uint pasid, byte bits)
    {
        var machine = Smmuv3Machine.Create(new() { PasidBits = bits, Registers = Registers.Complete });
        var (driver, device) = (machine.Drivers[0], machine.Devices[0]);
        Assert.Equal(bits, device.Iommu.Capabilities(device).PasidBits);
        var (own, other) = (Domain(driver, device, 0x9000), Domain(driver, device, 0xA000));
        Plan.Run(driver.Attach(device, null, own).Value!);
        Plan.Run(driver.AttachPasid(device, pasid, null, other).Value!);
        Assert.Equal(0x9000UL, machine.OpenPort(device).Translate(Iova, Access.Read).Address);
        Assert.Equal(0xA000UL, machine.OpenPort(device, pasid: pasid).Translate(Iova, Access.Read).Address);
        Assert.Equal(EventType.C_BAD_SUBSTREAMID, machine.OpenPort(device, pasid: 0).Translate(Iova, Access.Read).Event);
        Assert.False(machine.OpenPort(device, pasid: pasid ^ 1).Translate(Iova, Access.Read).Succeeded);
    }

    [Fact]
    public void An_unmap_reaches_every_address_space_that_has_the_domain_ATCs_too()
    {
        var device = _machine.Devices[0];
        var domain = Domain(Driver, device, 0x9000);
        Plan.Run(Driver.Attach(device, null, domain).Value!);
        Plan.Run(Driver.AttachPasid(device, 7, null, domain).Value!);
        Plan.Run(Driver.AttachPasid(device, 2000, null, domain).Value!);
        Port[] ports = [_machine.OpenPort(device), _machine.OpenPort(device, pasid: 7), _machine.OpenPort(device, pasid: 2000)];
        foreach (var port in ports) Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        domain.Unmap(Iova, 0x1000);
        foreach (var port in ports) Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        Plan.Run(domain.Flush(Iova, 0x1000));
        foreach (var port in ports) Assert.False(port.Translate(Iova, Access.Read).Succeeded);
    }

    [Fact]
    public void A_PASID_that_is_replaced_or_detached_lets_go_of_the_old_domain_and_of_its_ATC_entries()
    {
        var device = _machine.Devices[0];
        var (first, second) = (Domain(Driver, device, 0x9000), Domain(Driver, device, 0xA000));
        Plan.Run(Driver.AttachPasid(device, 7, null, first).Value!);
        var port = _machine.OpenPort(device, pasid: 7);
        Assert.Equal(0x9000UL, port.Translate(Iova, Access.Read).Address);
        Plan.Run(Driver.AttachPasid(device, 7, first, second).Value!);
        Assert.Equal(0xA000UL, port.Translate(Iova, Access.Read).Address);
        Plan.Run(Driver.AttachPasid(device, 7, second, null).Value!);
        Assert.Equal(TranslationKind.Abort, port.Translate(Iova, Access.Read).Kind);
        Plan.Run(first.Free());
        Plan.Run(second.Free());
    }

    [Fact]
    public void A_device_that_is_blocked_otherwise_is_told_so_while_its_PASIDs_translate()
    {
        var domain = Domain(Driver, Plain, 0x9000);
        var (own, pasid) = (_machine.OpenPort(Plain), _machine.OpenPort(Plain, pasid: 7));
        Plan.Run(Driver.AttachPasid(Plain, 7, null, domain).Value!);
        Assert.Equal(EventType.F_STREAM_DISABLED, own.Translate(Iova, Access.Read).Event);
        Assert.True(pasid.Translate(Iova, Access.Read).Succeeded);

        Plan.Run(Driver.Attach(Plain, null, domain).Value!);
        Assert.True(own.Translate(Iova, Access.Read).Succeeded && pasid.Translate(Iova, Access.Read).Succeeded);
        Plan.Run(Driver.Attach(Plain, domain, null).Value!);
        Assert.Equal(EventType.F_STREAM_DISABLED, own.Translate(Iova, Access.Read).Event);
        Assert.True(pasid.Translate(Iova, Access.Read).Succeeded);

        Plan.Run(Driver.AttachPasid(Plain, 7, domain, null).Value!);
        Assert.Equal(TranslationKind.Abort, own.Translate(Iova, Access.Read).Kind);
    }

    [Fact]
    public void What_cannot_have_PASIDs_beside_it_is_refused()
    {
        var domain = Domain(Driver, Plain, 0x9000);
        var parent = Driver.AllocPaging(Plain, HwptAllocFlags.NestParent).Value!;
        Assert.Equal(Errno.EINVAL, Driver.AttachPasid(Plain, 1 << 20, null, domain).Errno);
        Assert.Equal(Errno.EINVAL, Driver.AttachPasid(Plain, 7, null, parent).Errno);
        Plan.Run(Driver.AttachPasid(Plain, 7, null, domain).Value!);
        Assert.Equal(Errno.EBUSY, Driver.Attach(Plain, null, parent).Errno);
        Plan.Run(Driver.AttachPasid(Plain, 7, domain, null).Value!);
        Plan.Run(Driver.Attach(Plain, null, parent).Value!);
        Assert.Equal(Errno.EINVAL, Driver.AttachPasid(Plain, 7, null, domain).Errno);
    }

    [Fact]
    public void A_guest_has_PASIDs_of_its_own_through_the_table_that_its_entry_names()
    {
        const ulong backing = 0x90_0000_0000;
        var parent = Driver.AllocPaging(Plain, HwptAllocFlags.NestParent).Value!;
        parent.Map(0, backing, 0x20_0000, Access.ReadWrite);
        var viommu = Driver.AllocViommu(Plain, parent).Value!;
        viommu.AddVdevice(Plain, 3);
        // First level of 4 KiB leaves at IPA 0x1000, a leaf at 0x2000: PASID 65 is entry 1 of the second leaf.
        Put(0x1008, 0x2000 | 1);
        Put(0x2040, (1UL << 31) | (1UL << 41) | (5UL << 48) | 25 | (1UL << 30) | (5UL << 32) | (1UL << 45));
        Put(0x2048, 0x3000);
        Put(0x3000, 0x4003);
        Put(0x4000, 0x5003);
        Put(0x5000 + 4 * 8, 0x8000 | 0xC43);
        byte[] entry = [.. BitConverter.GetBytes(0x1000UL | (1UL << 4) | (5UL << 1) | 1 | (7UL << 59)), .. BitConverter.GetBytes(0UL)];
        var nested = viommu.AllocNested(entry).Value!;
        Plan.Run(Driver.Attach(Plain, null, nested).Value!);
        var port = _machine.OpenPort(Plain, pasid: 65);
        Assert.Equal(backing + 0x8000, port.Translate(Iova, Access.Read).Address);
        Assert.Equal(EventType.F_STREAM_DISABLED, _machine.OpenPort(Plain).Translate(Iova, Access.Read).Event);
        Assert.Equal(EventType.C_BAD_SUBSTREAMID, _machine.OpenPort(Plain, pasid: 1).Translate(Iova, Access.Read).Event);

        Put(0x2040, 0);
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        Run(viommu, Command.CfgiCd(3, 64));
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        Run(viommu, Command.CfgiCd(3, 65));
        Assert.Equal(EventType.C_BAD_CD, port.Translate(Iova, Access.Read).Event);

        void Put(ulong ipa, ulong value) => _machine.Memory.Write64(backing + ipa, value);
    }

    private static void Run(IViommuDriver viommu, Command command) => Plan.Run(viommu.Invalidate(
        InvalidateDataType.ArmSmmuv3, [.. BitConverter.GetBytes(command.Word0), .. BitConverter.GetBytes(command.Word1)], 16, 1).Batch!);

    private static IPagingDomain Domain(IIommuDriver driver, PhysicalDevice device, ulong physical)
    {
        var domain = driver.AllocPaging(device, HwptAllocFlags.Pasid).Value!;
        Assert.Equal(Errno.None, domain.Map(Iova, physical, 0x1000, Access.Read));
        return domain;
    }
}
