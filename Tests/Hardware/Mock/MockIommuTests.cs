using Iommu.Hardware.Drivers;
using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Mock;

public class MockIommuTests
{
    private readonly MockParts _mock = new();

    [Fact]
    public void Devices_get_the_lowest_free_number_and_a_group_each()
    {
        var devices = Enumerable.Range(0, 3).Select(_ => _mock.Device()).ToList();
        Assert.Equal(["iommufd_mock0", "iommufd_mock1", "iommufd_mock2"], devices.Select(device => device.Name));
        Assert.Equal(3, devices.Select(device => device.Group).Distinct().Count());
        _mock.Iommu.Unplug(devices[1]);
        Assert.Null(_mock.Machine.Find("iommufd_mock1"));
        Assert.Null(_mock.Iommu.StateOf(devices[1]));
        Assert.Equal("iommufd_mock1", _mock.Device().Name);
        Assert.Equal(Errno.EINVAL, _mock.Iommu.Plug((MockDeviceFlags)2).Errno);
    }

    [Fact]
    public void A_device_says_what_it_can_do()
    {
        var (plain, limited) = (_mock.Device(), _mock.Device(MockDeviceFlags.NoDirty | MockDeviceFlags.Pasid));
        var capabilities = _mock.Iommu.Capabilities(plain);
        Assert.True(capabilities is { CacheCoherent: true, DirtyTracking: true, PasidBits: 0, Ats: false, EnforcesCoherency: false });
        Assert.True(_mock.Iommu.Capabilities(limited) is { DirtyTracking: false, PasidBits: 20 });
        Assert.Empty(((IIommuDriver)_mock.Iommu).ReservedRegions(plain));
    }

    [Fact]
    public void Its_hardware_info_is_one_register()
    {
        var device = _mock.Device();
        foreach (var type in new[] { HwInfoType.None, HwInfoType.Selftest })
        {
            var info = _mock.Iommu.HwInfo(device, type).Value!;
            Assert.Equal(HwInfoType.Selftest, info.Type);
            Assert.Equal(MockParts.Words(0, 0xdeadbeef), info.Data.ToArray());
        }
        Assert.Equal(Errno.EOPNOTSUPP, _mock.Iommu.HwInfo(device, HwInfoType.ArmSmmuv3).Errno);
    }

    [Fact]
    public void A_paging_domain_is_refused_for_what_the_device_cannot_do_and_for_data_it_does_not_know()
    {
        var (device, noDirty) = (_mock.Device(), _mock.Device(MockDeviceFlags.NoDirty));
        Assert.Equal(Errno.EOPNOTSUPP, Alloc(device, (HwptAllocFlags)0x100));
        Assert.Equal(Errno.EOPNOTSUPP, Alloc(noDirty, HwptAllocFlags.DirtyTracking));
        Assert.Equal(Errno.EOPNOTSUPP, Alloc(device, data: new UserData(HwptDataType.ArmSmmuv3, new byte[16])));
        Assert.Equal(Errno.EOPNOTSUPP, Alloc(device, data: new UserData(HwptDataType.Selftest, MockParts.Words(0, 2))));
        Assert.Equal(Errno.EINVAL, Alloc(device, data: new UserData(HwptDataType.Selftest, new byte[3])));
        Assert.Equal(Errno.EINVAL, Alloc(device, data: new UserData(HwptDataType.Selftest, new byte[9])));
        Assert.Equal(Errno.None, Alloc(device, data: new UserData(HwptDataType.Selftest, new byte[4])));
        Assert.Equal(Errno.None, Alloc(device, HwptAllocFlags.NestParent | HwptAllocFlags.Pasid | HwptAllocFlags.DirtyTracking));

        Errno Alloc(PhysicalDevice target, HwptAllocFlags flags = HwptAllocFlags.None, UserData data = default) =>
            _mock.Iommu.AllocPaging(target, flags, data).Errno;
    }

    [Fact]
    public void An_attach_remembers_the_domain_and_is_refused_where_dirty_tracking_or_the_IOMMU_does_not_fit()
    {
        var (device, noDirty) = (_mock.Device(), _mock.Device(MockDeviceFlags.NoDirty));
        var (plain, tracked) = (_mock.Paging(device), _mock.Paging(device, HwptAllocFlags.DirtyTracking));
        Assert.Equal(Errno.None, _mock.Attach(device, null, tracked));
        Assert.Same(tracked, State(device).Attached(0));
        Assert.Equal(Errno.EINVAL, _mock.Attach(noDirty, null, tracked));
        Assert.Equal(Errno.None, _mock.Attach(noDirty, null, plain));
        Assert.Equal(Errno.EINVAL, _mock.Attach(device, tracked, new MockParts().Paging(device)));
        Assert.Same(tracked, State(device).Attached(0));
        Assert.Equal(Errno.None, _mock.Attach(device, tracked, null));
        Assert.Null(State(device).Attached(0));
        _mock.Iommu.Unplug(device);
        Assert.Equal(Errno.EINVAL, _mock.Attach(device, null, plain));
    }

    [Fact]
    public void An_attach_through_a_vIOMMU_needs_a_virtual_device_and_remembers_its_id()
    {
        var device = _mock.Device();
        var parent = _mock.Paging(device, HwptAllocFlags.NestParent);
        var viommu = _mock.Viommu(device, parent);
        var nested = Nested(viommu);
        Assert.Equal(Errno.ENOENT, _mock.Attach(device, null, nested));
        viommu.AddVdevice(device, 0x99);
        Assert.Equal(Errno.None, _mock.Attach(device, null, nested));
        Assert.Equal(new MockDevice.Guest(viommu, 0x99), State(device).AttachedGuest);

        // Within one vIOMMU the id stays what it was; a domain that is on none forgets it.
        viommu.RemoveVdevice(0x99);
        viommu.AddVdevice(device, 0x77);
        Assert.Equal(Errno.None, _mock.Attach(device, nested, Nested(viommu)));
        Assert.Equal(0x99UL, State(device).AttachedGuest!.VirtualId);
        Assert.Equal(Errno.None, _mock.Attach(device, nested, parent));
        Assert.Null(State(device).AttachedGuest);
    }

    [Fact]
    public void The_second_attach_in_a_row_of_PASID_1024_fails_and_the_third_does_not()
    {
        var device = _mock.Device(MockDeviceFlags.Pasid);
        var (first, second) = (_mock.Paging(device, HwptAllocFlags.Pasid), _mock.Paging(device, HwptAllocFlags.Pasid));
        Assert.Equal(Errno.None, _mock.AttachPasid(device, 1024, null, first));
        Assert.Equal(Errno.ENOMEM, _mock.AttachPasid(device, 1024, first, second));
        Assert.Same(first, State(device).Attached(1024));
        Assert.Equal(Errno.None, _mock.AttachPasid(device, 1024, first, second));
        Assert.Equal(Errno.None, _mock.AttachPasid(device, 1024, second, null));
        Assert.Equal(Errno.None, _mock.AttachPasid(device, 1024, null, first));
    }

    [Fact]
    public void PASIDs_are_attached_apart_from_the_device_and_from_each_other()
    {
        var device = _mock.Device(MockDeviceFlags.Pasid);
        var (first, second) = (_mock.Paging(device), _mock.Paging(device));
        Assert.Equal(Errno.None, _mock.AttachPasid(device, 7, null, first));
        Assert.Equal(Errno.None, _mock.AttachPasid(device, 8, null, second));
        Assert.Equal(Errno.None, _mock.AttachPasid(device, 7, first, second));
        Assert.Equal((null, second, second), (State(device).Attached(0), State(device).Attached(7), State(device).Attached(8)));
        Assert.Equal(Errno.EINVAL, _mock.AttachPasid(device, 7, second, new MockParts().Paging(device)));
        Assert.Equal(Errno.None, _mock.AttachPasid(device, 7, second, null));
        Assert.Null(State(device).Attached(7));
    }

    private MockDevice State(PhysicalDevice device) => _mock.Iommu.StateOf(device)!;

    private static INestedDomain Nested(MockViommu viommu) =>
        viommu.AllocNested(HwptAllocFlags.None, new UserData(HwptDataType.Selftest, MockParts.Words(MockNestedDomain.TlbDefault))).Value!;
}
