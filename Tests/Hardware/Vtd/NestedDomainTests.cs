using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Driver;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>A guest's first stage on a nest parent: translations, and the invalidations of HWPT_INVALIDATE.</summary>
public class NestedDomainTests
{
    private const ulong Ram = 1UL << 40;
    private const ulong Leaves = 0x4000;

    private readonly VtdMachine _machine = VtdMachine.Create(new VtdMachineOptions { DevicesWithAts = 1 });
    private readonly IPagingDomain _parent;
    private readonly INestedDomain _nested;

    public NestedDomainTests()
    {
        var driver = _machine.Drivers[0];
        _parent = driver.AllocPaging(_machine.Devices[0], HwptAllocFlags.NestParent).Value!;
        _parent.Map(0, Ram, 0x40_0000, Access.ReadWrite);
        Put(0x1000, 0x2007);
        Put(0x2000, 0x3007);
        Put(0x3000, Leaves | 7);
        for (var page = 0UL; page < 8; page++) Put(Leaves + page * 8, (0x10_0000 + (page << 12)) | 7);
        _nested = driver.AllocNested(_machine.Devices[0], _parent, HwptAllocFlags.None, VtdParts.FirstStage(0x1000)).Value!;
        foreach (var device in _machine.Devices.Take(2)) Plan.Run(driver.Attach(device, null, _nested).Value!);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_guest_invalidates_what_it_took_out_in_the_unit_and_in_the_device(int device)
    {
        var port = _machine.OpenPort(_machine.Devices[device]);
        Assert.Equal(Ram + 0x10_2008, port.Translate(0x2008, Access.Write).Address);
        Put(Leaves + 16, 0);
        Assert.True(port.Translate(0x2008, Access.Read).Succeeded);

        var prepared = _nested.Invalidate(VtdParts.Invalidation(0x1000, 1), VtdParts.Invalidation(0x2000, 1, flags: 1));
        Assert.Equal((Errno.None, 2), (prepared.Errno, prepared.Handled));
        Plan.Run(prepared.Batch!);
        Assert.Equal(FaultReason.FirstStageNotPresent, port.Translate(0x2008, Access.Read).Reason);
    }

    [Fact]
    public void A_table_that_was_replaced_is_forgotten_unless_only_leaves_were_said_to_have_changed()
    {
        var port = _machine.OpenPort(_machine.Devices[1]);
        Assert.True(port.Translate(0x1000, Access.Read).Succeeded);
        Put(0x3000, 0x6007);
        Put(0x6000 + 8, 0x20_0007);

        Plan.Run(_nested.Invalidate(VtdParts.Invalidation(0x1000, 1, flags: 1)).Batch!);
        Assert.Equal(Ram + 0x10_1000, port.Translate(0x1000, Access.Read).Address);
        Plan.Run(_nested.Invalidate(VtdParts.Invalidation(0x1000, 1)).Batch!);
        Assert.Equal(Ram + 0x20_0000, port.Translate(0x1000, Access.Read).Address);
    }

    [Fact]
    public void All_pages_are_invalidated_by_npages_of_all_ones()
    {
        var port = _machine.OpenPort(_machine.Devices[0]);
        port.Translate(0x5000, Access.Read);
        Put(Leaves + 40, 0);
        Plan.Run(_nested.Invalidate(VtdParts.Invalidation(0, ulong.MaxValue)).Batch!);
        Assert.False(port.Translate(0x5000, Access.Read).Succeeded);
    }

    public static TheoryData<byte[], Errno> Refused => new()
    {
        { VtdParts.Invalidation(0x1000, 1, flags: 2), Errno.EOPNOTSUPP },
        { VtdParts.Invalidation(0x1000, 1, reserved: 1), Errno.EOPNOTSUPP },
        { VtdParts.Invalidation(0x1001, 1), Errno.EINVAL },
        { VtdParts.Invalidation(0x1000, ulong.MaxValue), Errno.EINVAL },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_entry_is_refused_with_its_errno_and_those_before_it_are_issued(byte[] entry, Errno errno)
    {
        var port = _machine.OpenPort(_machine.Devices[1]);
        port.Translate(0x3000, Access.Read);
        Put(Leaves + 24, 0);

        var prepared = _nested.Invalidate(VtdParts.Invalidation(0x3000, 1), entry, VtdParts.Invalidation(0x4000, 1));

        Assert.Equal((errno, 1), (prepared.Errno, prepared.Handled));
        Plan.Run(prepared.Batch!);
        Assert.False(port.Translate(0x3000, Access.Read).Succeeded);
    }

    [Fact]
    public void Another_type_or_length_is_EINVAL()
    {
        Assert.Equal(Errno.EINVAL, _nested.Invalidate(InvalidateDataType.ArmSmmuv3, new byte[24], 24, 1).Errno);
        Assert.Equal(Errno.EINVAL, _nested.Invalidate(InvalidateDataType.VtdS1, new byte[16], 16, 1).Errno);
        Assert.Equal(Errno.EINVAL, _nested.Invalidate(InvalidateDataType.VtdS1, new byte[32], 32, 1).Errno);
    }

    /// <summary>B56: the range of a device TLB behind a first stage, which is everything, stays that tag's own.</summary>
    [Fact]
    public void B56_an_unmap_of_the_parent_reaches_every_tag_with_its_own_range()
    {
        var ports = _machine.Devices.Take(2).Select(device => _machine.OpenPort(device)).ToList();
        var direct = _machine.Devices[2];
        Plan.Run(_machine.Drivers[0].Attach(direct, null, _parent).Value!);
        ports.Add(_machine.OpenPort(direct));
        Assert.All(ports[..2], port => Assert.True(port.Translate(0x3000, Access.Read).Succeeded));
        Assert.True(ports[2].Translate(0x10_3000, Access.Read).Succeeded);

        _parent.Unmap(0, 0x40_0000);
        Plan.Run(_parent.Flush(0, 0x40_0000));

        Assert.All(ports[..2], port => Assert.False(port.Translate(0x3000, Access.Read).Succeeded));
        Assert.False(ports[2].Translate(0x10_3000, Access.Read).Succeeded);
    }

    [Fact]
    public void Two_first_stages_on_one_parent_never_hit_each_other()
    {
        var driver = _machine.Drivers[0];
        Put(0x8000, 0x2007);
        var other = (VtdNestedDomain)driver.AllocNested(
            _machine.Devices[2], _parent, HwptAllocFlags.None, VtdParts.FirstStage(0x9000)).Value!;
        Plan.Run(driver.Attach(_machine.Devices[2], null, other).Value!);
        Assert.True(_machine.OpenPort(_machine.Devices[1]).Translate(0x1000, Access.Read).Succeeded);
        Assert.Equal(FaultReason.FirstStageNotPresent, _machine.OpenPort(_machine.Devices[2]).Translate(0x1000, Access.Read).Reason);
    }

    private void Put(ulong ipa, ulong value) => _machine.Memory.Write64(Ram + ipa, value);
}
