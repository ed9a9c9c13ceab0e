using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using static Iommu.Tests.Hardware.Mock.MockParts;

namespace Iommu.Tests.Hardware.Mock;

/// <summary>What a guest gets: nested domains, invalidations, hardware queues and pages to map.</summary>
public class MockGuestTests
{
    private const InvalidateDataType Selftest = InvalidateDataType.Selftest;

    private readonly MockParts _mock = new();
    private readonly PhysicalDevice _device;
    private readonly MockPagingDomain _parent;
    private readonly RecordedServices _services = new();

    public MockGuestTests()
    {
        _device = _mock.Device();
        _parent = _mock.Paging(_device, HwptAllocFlags.NestParent);
    }

    [Fact]
    public void A_nested_domain_stands_on_a_vIOMMU_or_straight_on_its_parent()
    {
        var data = new UserData(HwptDataType.Selftest, Words(MockNestedDomain.TlbDefault));
        var viommu = _mock.Viommu(_device, _parent);
        var onViommu = (MockNestedDomain)viommu.AllocNested(HwptAllocFlags.Pasid, data).Value!;
        var straight = (MockNestedDomain)_mock.Iommu.AllocNested(_device, _parent, HwptAllocFlags.Pasid, data).Value!;
        Assert.Same(viommu, onViommu.Viommu);
        Assert.Null(straight.Viommu);
        foreach (var nested in new[] { onViommu, straight }) Assert.Equal([0xbadbeef, 0xbadbeef, 0xbadbeef, 0xbadbeef], Tlb(nested));
        Assert.Equal(Errno.EINVAL, _mock.Iommu.AllocNested(_device, new MockParts().Paging(_device), HwptAllocFlags.None, data).Errno);
    }

    [Fact]
    public void A_nested_domain_is_refused_for_a_flag_or_data_that_the_mock_does_not_know()
    {
        var viommu = _mock.Viommu(_device, _parent);
        foreach (var alloc in new Func<HwptAllocFlags, UserData, Errno>[]
        {
            (flags, data) => viommu.AllocNested(flags, data).Errno,
            (flags, data) => _mock.Iommu.AllocNested(_device, _parent, flags, data).Errno,
        })
        {
            Assert.Equal(Errno.EOPNOTSUPP, alloc(HwptAllocFlags.DirtyTracking, new UserData(HwptDataType.Selftest, new byte[8])));
            Assert.Equal(Errno.EOPNOTSUPP, alloc(HwptAllocFlags.None, new UserData(HwptDataType.ArmSmmuv3, new byte[8])));
            Assert.Equal(Errno.EINVAL, alloc(HwptAllocFlags.None, new UserData(HwptDataType.Selftest, new byte[3])));
            Assert.Equal(Errno.EINVAL, alloc(HwptAllocFlags.None, new UserData(HwptDataType.Selftest, new byte[12])));
        }
    }

    [Fact]
    public void An_invalidation_of_a_nested_domain_clears_words_up_to_the_first_bad_entry()
    {
        var nested = (MockNestedDomain)_mock.Iommu.AllocNested(
            _device, _parent, HwptAllocFlags.None, new UserData(HwptDataType.Selftest, Words(7))).Value!;
        Assert.Equal(new(Errno.None, 0, null), nested.Invalidate(Selftest, [], 0, 0));
        Assert.Equal(new(Errno.EINVAL, 0, null), nested.Invalidate(InvalidateDataType.VtdS1, Words(0, 0), 8, 1));
        Assert.Equal(new(Errno.EINVAL, 0, null), nested.Invalidate(Selftest, Words(0, 0, 0), 12, 1));
        Assert.Equal(new(Errno.EINVAL, 0, null), nested.Invalidate(Selftest, Words(0), 4, 1));
        Assert.Equal([7, 7, 7, 7], Tlb(nested));
        Assert.Equal(new(Errno.EOPNOTSUPP, 1, null), nested.Invalidate(Selftest, Words(0, 2, 2, 1), 8, 2));
        Assert.Equal([7, 7, 0, 7], Tlb(nested));
        Assert.Equal(new(Errno.EINVAL, 1, null), nested.Invalidate(Selftest, Words(0, 0, 1, 4), 8, 2));
        Assert.Equal([0, 7, 0, 7], Tlb(nested));
        Assert.Equal(new(Errno.None, 1, null), nested.Invalidate(Selftest, Words(1, 3), 8, 1));
        Assert.Equal([0, 0, 0, 0], Tlb(nested));
    }

    [Fact]
    public void An_invalidation_of_a_vIOMMU_clears_the_cache_of_the_device_with_that_virtual_id()
    {
        var viommu = _mock.Viommu(_device, _parent);
        var other = _mock.Device();
        Assert.Equal(Errno.None, viommu.AddVdevice(_device, 0x99));
        Assert.Equal(Errno.EEXIST, viommu.AddVdevice(other, 0x99));
        Assert.Equal(Errno.None, viommu.AddVdevice(other, 0x77));
        Assert.Equal(new(Errno.EINVAL, 1, null), viommu.Invalidate(Selftest, Words(0, 0x99, 1, 0, 0x55, 0), 12, 2));
        Assert.Equal([0xbaddad, 0, 0xbaddad, 0xbaddad], Cache(_device));
        Assert.Equal(new(Errno.EOPNOTSUPP, 1, null), viommu.Invalidate(Selftest, Words(0, 0x99, 2, 4, 0x99, 3), 12, 2));
        Assert.Equal(new(Errno.EINVAL, 0, null), viommu.Invalidate(Selftest, Words(1, 0x99, 4), 12, 1));
        Assert.Equal([0xbaddad, 0, 0, 0xbaddad], Cache(_device));
        Assert.Equal(new(Errno.None, 1, null), viommu.Invalidate(Selftest, Words(1, 0x99, 0), 12, 1));
        Assert.Equal([0, 0, 0, 0], Cache(_device));
        Assert.Equal([0xbaddad, 0xbaddad, 0xbaddad, 0xbaddad], Cache(other));
        viommu.RemoveVdevice(0x77);
        Assert.Equal(new(Errno.EINVAL, 0, null), viommu.Invalidate(Selftest, Words(1, 0x77, 0), 12, 1));
    }

    [Fact]
    public void The_array_of_a_vIOMMUs_invalidation_is_copied_whole_before_any_entry_counts()
    {
        var viommu = _mock.Viommu(_device, _parent);
        viommu.AddVdevice(_device, 0);
        Assert.Equal(new(Errno.None, 0, null), viommu.Invalidate(Selftest, [], 12, 0));
        Assert.Equal(new(Errno.EINVAL, 0, null), viommu.Invalidate(InvalidateDataType.VtdS1, [], 12, 0));
        Assert.Equal(new(Errno.E2BIG, 0, null), viommu.Invalidate(Selftest, Words(0, 0, 0, 0, 0, 0, 0, 1), 16, 2));
        Assert.Equal([0xbaddad, 0xbaddad, 0xbaddad, 0xbaddad], Cache(_device));
        Assert.Equal(new(Errno.None, 2, null), viommu.Invalidate(Selftest, Words(0, 0, 3, 0, 0, 0, 2, 0), 16, 2));
        Assert.Equal([0xbaddad, 0xbaddad, 0, 0], Cache(_device));
        Assert.Equal(new(Errno.None, 1, null), viommu.Invalidate(Selftest, Words(0), 4, 1));
        Assert.Equal([0, 0xbaddad, 0, 0], Cache(_device));
    }

    [Fact]
    public void A_vIOMMU_with_user_data_echoes_it_and_offers_two_pages_until_it_is_freed()
    {
        var before = _mock.Frames.InUse;
        var viommu = _mock.Viommu(_device, _parent, new UserData(ViommuType.Selftest, Words(0xabcd, 0, 0, 0, 0, 0)), _services);
        var (offset, (physical, length)) = Assert.Single(_services.Regions);
        Assert.Equal(8192UL, length);
        Assert.Equal(0xabcdu, _mock.Memory.Read32(physical));
        Assert.Equal(
            [.. Words(0xabcd, 0xabcd), .. BitConverter.GetBytes(offset), .. BitConverter.GetBytes(8192UL)],
            viommu.UserDataBack.ToArray());
        Plan.Run(viommu.Free());
        Assert.Empty(_services.Regions);
        Assert.Equal(before, _mock.Frames.InUse);
        Assert.True(_mock.Viommu(_device, _parent).UserDataBack.IsEmpty);
        Assert.Equal(8, _mock.Viommu(_device, _parent, new UserData(ViommuType.Selftest, new byte[8])).UserDataBack.Length);
    }

    [Fact]
    public void A_vIOMMU_that_cannot_be_leaves_nothing_behind()
    {
        var before = _mock.Frames.InUse;
        Assert.Equal(Errno.EOPNOTSUPP, Alloc(new UserData(ViommuType.ArmSmmuv3)));
        Assert.Equal(Errno.EINVAL, Alloc(new UserData(ViommuType.Selftest, new byte[7])));
        Assert.Equal(Errno.EINVAL, Alloc(new UserData(ViommuType.Selftest, new byte[25])));
        _services.Refusal = Errno.EINVAL;
        Assert.Equal(Errno.EINVAL, Alloc(new UserData(ViommuType.Selftest, new byte[24])));
        _mock.Frames.FailAt(0);
        Assert.Equal(Errno.ENOMEM, Alloc(new UserData(ViommuType.Selftest, new byte[24])));
        Assert.Equal(Errno.EINVAL, _mock.Iommu.AllocViommu(
            _device, new MockParts().Paging(_device), new UserData(ViommuType.Selftest), _services).Errno);
        Assert.Equal(before, _mock.Frames.InUse);

        Errno Alloc(UserData data) => _mock.Iommu.AllocViommu(_device, _parent, data, _services).Errno;
    }

    [Fact]
    public void Hardware_queues_are_made_upwards_and_the_errnos_come_in_the_kernels_order()
    {
        const ulong iova = 1UL << 24;
        const ulong physical = 1UL << 40;
        var viommu = _mock.Viommu(_device, _parent);
        Assert.True(viommu.SupportsHwQueue(HwQueueType.Selftest));
        Assert.False(viommu.SupportsHwQueue(HwQueueType.Tegra241Cmdqv));
        Assert.Equal(Errno.EINVAL, Init(2).Errno);
        Assert.Equal(Errno.EIO, Init(1).Errno);
        Assert.Equal(Errno.EFAULT, Init(0).Errno);
        _parent.Map(iova, physical, 4096, Access.ReadWrite);
        Assert.Equal(Errno.EFAULT, Init(0, 4096).Errno);
        var first = Init(0).Value!;
        Assert.Null(first.DependsOn);
        Assert.Equal(Errno.EEXIST, Init(0, 4096).Errno);
        var second = Init(1).Value!;
        Assert.Same(first, second.DependsOn);
        Plan.Run(second.Free());
        Plan.Run(first.Free());
        Assert.Equal(Errno.EIO, Init(1).Errno);

        Result<IHwQueueDriver> Init(uint index, ulong wrongBy = 0) =>
            viommu.InitHwQueue(HwQueueType.Selftest, index, iova, physical + wrongBy, 4096);
    }

    private static uint[] Tlb(MockNestedDomain nested) => [.. Enumerable.Range(0, MockNestedDomain.TlbWords).Select(nested.Tlb)];

    private uint[] Cache(PhysicalDevice device) =>
        [.. Enumerable.Range(0, MockDevice.CacheWords).Select(_mock.Iommu.StateOf(device)!.Cache)];
}
