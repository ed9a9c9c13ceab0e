using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Driver;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Vtd;

public class DriverTests
{
    private const HwptAllocFlags NestParent = HwptAllocFlags.NestParent;

    private readonly VtdMachine _machine = VtdMachine.Create(new VtdMachineOptions { Units = 2, DevicesWithAts = 1 });

    private VtdDriver Driver => _machine.Drivers[0];

    private PhysicalDevice WithAts => _machine.Devices[0];

    private PhysicalDevice Device => _machine.Devices[1];

    [Fact]
    public void Hw_info_is_the_capability_registers_with_the_erratum_of_nest_parents()
    {
        var info = Driver.HwInfo(Device, HwInfoType.None).Value!;
        var data = MemoryMarshal.Read<IommuHwInfoVtd>(info.Data.Span);

        Assert.Equal((HwInfoType.IntelVtd, 24), (info.Type, info.Data.Length));
        Assert.Equal((1u, Driver.Name, _machine.Units[0].Registers.Capability), (data.Flags, "dmar0", data.CapReg));
        Assert.Equal(_machine.Units[0].Registers.ExtendedCapability, data.EcapReg);
        Assert.Equal(Errno.EOPNOTSUPP, Driver.HwInfo(Device, HwInfoType.ArmSmmuv3).Errno);
    }

    [Theory]
    [InlineData(HwptAllocFlags.None, true, 47)]
    [InlineData(HwptAllocFlags.Pasid, true, 47)]
    [InlineData(HwptAllocFlags.NestParent, false, 48)]
    [InlineData(HwptAllocFlags.DirtyTracking, false, 48)]
    [InlineData(HwptAllocFlags.NestParent | HwptAllocFlags.DirtyTracking | HwptAllocFlags.Pasid, false, 48)]
    public void A_paging_domain_is_a_first_stage_where_its_flags_let_it(HwptAllocFlags flags, bool first, int bits)
    {
        var domain = (VtdPagingDomain)Driver.AllocPaging(Device, flags).Value!;

        Assert.Equal((first, (1UL << bits) - 1, (1UL << 12) | (1UL << 21) | (1UL << 30)),
            (domain.IsFirstStage, domain.ApertureLast, domain.PageSizes));
        Assert.Equal(flags.HasFlag(HwptAllocFlags.DirtyTracking), domain.Dirty is not null);
    }

    [Theory]
    [InlineData(HwptAllocFlags.None)]
    [InlineData(NestParent)]
    public void Mapped_memory_is_reached_and_unmapped_memory_is_not(HwptAllocFlags flags)
    {
        var domain = Attached(Device, flags);
        Assert.Equal(Errno.None, domain.Map(0x20_0000, 0x4000_0000, 0x40_1000, Access.ReadWrite));
        var port = _machine.OpenPort(Device);

        Assert.Equal(0x4000_0123UL, port.Translate(0x20_0123, Access.Write).Address);
        Assert.Equal(0x4040_0008UL, port.Translate(0x60_0008, Access.Read).Address);
        Assert.Equal(0x40_1000UL, domain.Unmap(0x20_0000, 0x40_1000));
        Plan.Run(domain.Flush(0x20_0000, 0x40_1000));
        Assert.False(port.Translate(0x20_0123, Access.Read).Succeeded);
        Assert.False(port.Translate(0x60_0008, Access.Read).Succeeded);
    }

    [Fact]
    public void A_nest_parent_takes_no_read_only_mapping() =>
        Assert.Equal(Errno.EINVAL, Driver.AllocPaging(Device, NestParent).Value!.Map(0, 0, 0x1000, Access.Read));

    [Fact]
    public void Domain_ids_run_out_with_ENOSPC_and_come_back()
    {
        var machine = VtdMachine.Create(new VtdMachineOptions { Registers = () => Small() });
        var (driver, device) = (machine.Drivers[0], machine.Devices[0]);
        var domains = Enumerable.Range(0, 14).Select(_ => driver.AllocPaging(device, HwptAllocFlags.None).Value!).ToList();

        Assert.Equal(Errno.ENOSPC, driver.AllocPaging(device, HwptAllocFlags.None).Errno);
        Plan.Run(domains[3].Free());
        Assert.Equal(Errno.None, driver.AllocPaging(device, HwptAllocFlags.None).Errno);

        static Registers Small() => new() { Capability = new Registers().Capability & ~7UL };
    }

    [Fact]
    public void A_nested_domain_is_refused_with_the_errnos_of_intel_iommu_domain_alloc_nested()
    {
        var parent = Driver.AllocPaging(Device, NestParent).Value!;
        var first = Driver.AllocPaging(Device, HwptAllocFlags.None).Value!;

        Assert.Equal(Errno.EOPNOTSUPP, Driver.AllocNested(Device, parent, HwptAllocFlags.DirtyTracking, VtdParts.FirstStage(0)).Errno);
        Assert.Equal(Errno.EOPNOTSUPP,
            Driver.AllocNested(Device, parent, HwptAllocFlags.None, new UserData(HwptDataType.ArmSmmuv3, new byte[24])).Errno);
        Assert.Equal(Errno.EINVAL, Driver.AllocNested(Device, first, HwptAllocFlags.None, VtdParts.FirstStage(0)).Errno);
        Assert.Equal(Errno.EINVAL,
            Driver.AllocNested(Device, parent, HwptAllocFlags.None, new UserData(HwptDataType.VtdS1, new byte[20])).Errno);
        Assert.Equal(Errno.EFAULT, Driver.AllocNested(
            Device, parent, HwptAllocFlags.None, VtdParts.FirstStage(0) with { Faults = true }).Errno);
        Assert.Equal(Errno.None, Driver.AllocNested(Device, parent, HwptAllocFlags.Pasid, VtdParts.FirstStage(0)).Errno);
    }

    [Theory]
    [InlineData(47u, 0UL, 0UL)]
    [InlineData(57u, 0UL, 1UL << 60)]
    [InlineData(48u, 1UL, 1UL << 31)]
    [InlineData(48u, 2UL, 1UL << 34)]
    public void A_first_stage_that_the_unit_cannot_do_is_refused_when_a_device_is_attached(uint width, ulong flags, ulong lacks)
    {
        var machine = VtdMachine.Create(new VtdMachineOptions
        {
            Registers = () => new Registers
            {
                Capability = new Registers().Capability & ~(lacks == 1UL << 60 ? lacks : 0),
                ExtendedCapability = new Registers().ExtendedCapability & ~(lacks == 1UL << 60 ? 0 : lacks),
            },
        });
        var (driver, device) = (machine.Drivers[0], machine.Devices[0]);
        var parent = driver.AllocPaging(device, NestParent).Value!;
        var nested = driver.AllocNested(device, parent, HwptAllocFlags.None, VtdParts.FirstStage(0, width, flags)).Value!;

        Assert.Equal(Errno.EINVAL, driver.Attach(device, null, nested).Errno);
        Assert.Equal(Errno.EINVAL, driver.AttachPasid(device, 1, null, nested).Errno);
    }

    [Fact]
    public void Another_units_domain_or_device_and_a_PASID_too_large_are_refused()
    {
        var domain = Driver.AllocPaging(Device, HwptAllocFlags.None).Value!;
        Assert.Equal(Errno.EINVAL, _machine.Drivers[1].Attach(_machine.Devices[4], null, domain).Errno);
        Assert.Equal(Errno.EINVAL, Driver.Attach(_machine.Devices[4], null, domain).Errno);
        Assert.Equal(Errno.EINVAL, Driver.AttachPasid(Device, 1 << 20, null, domain).Errno);
    }

    [Fact]
    public void PASIDs_of_a_device_are_translated_each_by_its_own_domain()
    {
        var (own, other) = (Attached(Device, HwptAllocFlags.None), Driver.AllocPaging(Device, HwptAllocFlags.Pasid).Value!);
        Plan.Run(Driver.AttachPasid(Device, 0x4_2000, null, other).Value!);
        own.Map(0x1000, 0x5000, 0x1000, Access.ReadWrite);
        other.Map(0x1000, 0x9000, 0x1000, Access.ReadWrite);
        var ports = new[] { _machine.OpenPort(Device), _machine.OpenPort(Device, 0x4_2000), _machine.OpenPort(Device, 7) };

        Assert.Equal([0x5000UL, 0x9000UL, 0UL], ports.Select(port => port.Translate(0x1000, Access.Read).Address));
        Assert.Equal(FaultReason.PasidNotPresent, ports[2].Translate(0x1000, Access.Read).Reason);
        Plan.Run(Driver.AttachPasid(Device, 0x4_2000, other, null).Value!);
        Assert.Equal([0x5000UL, 0UL], ports[..2].Select(port => port.Translate(0x1000, Access.Read).Address));
    }

    [Fact]
    public void A_device_that_leaves_a_domain_leaves_nothing_of_it_in_any_cache()
    {
        var domain = Attached(WithAts, HwptAllocFlags.None);
        domain.Map(0x1000, 0x5000, 0x1000, Access.ReadWrite);
        var port = _machine.OpenPort(WithAts);
        Assert.True(port.Translate(0x1000, Access.Read).Succeeded);

        Plan.Run(Driver.Attach(WithAts, domain, null).Value!);

        Assert.Equal(FaultReason.PasidNotPresent, port.Translate(0x1000, Access.Read).Reason);
        domain.Unmap(0x1000, 0x1000);
        Assert.Empty(domain.Flush(0x1000, 0x1000));
    }

    [Fact]
    public void Writes_set_dirty_bits_which_are_read_once_and_come_again_after_the_flush()
    {
        var domain = Attached(Device, HwptAllocFlags.DirtyTracking);
        domain.Map(0x1000, 0x5000, 0x3000, Access.ReadWrite);
        domain.Map(0x20_0000, 0x4000_0000, 0x20_0000, Access.ReadWrite);
        var port = _machine.OpenPort(Device);
        port.Translate(0x1000, Access.Read);
        port.Translate(0x2000, Access.Write);
        port.Translate(0x20_8000, Access.Write);

        Assert.Equal([(0x2000UL, 0x1000UL), (0x20_0000UL, 0x20_0000UL)], Dirty(clear: false));
        Assert.Equal([(0x2000UL, 0x1000UL), (0x20_0000UL, 0x20_0000UL)], Dirty(clear: true));
        Plan.Run(domain.Flush(0, 1UL << 30));
        Assert.Empty(Dirty(clear: false));
        port.Translate(0x1000, Access.Write);
        port.Translate(0x2000, Access.Read);
        Assert.Equal([(0x1000UL, 0x1000UL)], Dirty(clear: false));

        List<(ulong, ulong)> Dirty(bool clear)
        {
            var found = new List<(ulong, ulong)>();
            domain.Dirty!.Read(0, 1UL << 40, clear, (iova, length) => found.Add((iova, length)));
            return found;
        }
    }

    [Fact]
    public void A_driver_that_cannot_have_its_frames_leaves_none_behind()
    {
        var before = _machine.Frames.InUse;
        for (var at = 0; at < 1; at++)
        {
            _machine.Frames.FailAt(at);
            Assert.Equal(Errno.ENOMEM, Driver.AllocPaging(Device, NestParent).Errno);
        }
        var domain = Driver.AllocPaging(Device, NestParent).Value!;
        for (var at = 0; at < 3; at++)
        {
            _machine.Frames.FailAt(at);
            Assert.Equal(Errno.ENOMEM, domain.Map(0x1000, 0x1000, 0x1000, Access.ReadWrite));
            domain.Unmap(0x1000, 0x1000);
        }
        Plan.Run(domain.Free());
        Assert.Equal(before, _machine.Frames.InUse);
    }

    private IPagingDomain Attached(PhysicalDevice device, HwptAllocFlags flags)
    {
        var domain = Driver.AllocPaging(device, flags).Value!;
        Plan.Run(Driver.Attach(device, null, domain).Value!);
        return domain;
    }
}
