using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>IOMMU_TEST_OP_MOCK_DOMAIN and MOCK_DOMAIN_FLAGS: a device from nothing to attached, and back.</summary>
public class MockDomainTests
{
    [Fact]
    public async Task MOCK_DOMAIN_plugs_binds_and_attaches_a_device_under_the_ids_that_the_kernel_gives()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas));
        Assert.Equal((2u, 3u, 4u), (made.Selftest.Value, made.Device.Value, made.Hwpt.Value));
        Assert.Equal("iommufd_mock0", Assert.Single(iommu.Hardware.Machine.Devices).Name);
        Assert.Same(iommu.Context.Table.Find(made.Hwpt)!.Hardware, iommu.StateOf(made.Device).Attached(0));
    }

    [Fact]
    public async Task MOCK_DOMAIN_FLAGS_makes_a_device_with_those_flags()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var flags = MockDeviceFlags.NoDirty | MockDeviceFlags.Pasid;
        var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(await iommu.Ioas(), (uint)flags));
        Assert.Equal(flags, iommu.StateOf(made.Device).Flags);
    }

    [Fact]
    public async Task MOCK_DOMAIN_answers_EINVAL_for_an_unknown_flag() => await FailsAsWas(Errno.EINVAL, ioas => new MockDomain(ioas, 2));

    [Fact]
    public async Task MOCK_DOMAIN_answers_ENOENT_when_there_is_nothing_to_attach_to() =>
        await FailsAsWas(Errno.ENOENT, _ => new MockDomain(new ObjectId(77)));

    [Fact]
    public async Task MOCK_DOMAIN_answers_EINVAL_when_a_device_cannot_be_attached_to_that()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(await iommu.Ioas()));
        await iommu.Expect(Errno.EINVAL, new MockDomain(made.Device));
        Assert.Single(iommu.Hardware.Machine.Devices);
    }

    [Fact]
    public async Task MOCK_DOMAIN_answers_the_drivers_errno_when_it_refuses_the_attach()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas));
        var tracked = await iommu.Hwpt(made.Device, ioas, HwptAllocFlags.DirtyTracking);
        await iommu.Expect(Errno.EINVAL, new MockDomain(tracked, (uint)MockDeviceFlags.NoDirty));
        Assert.Single(iommu.Hardware.Machine.Devices);
        Assert.Equal(Errno.None, (await iommu.Call(new MockDomain(tracked))).Errno);
    }

    [Fact]
    public async Task MOCK_DOMAIN_answers_EOPNOTSUPP_on_a_machine_without_the_mock()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new MockDomain(await iommu.Ioas()));
    }

    [Fact]
    public async Task DESTROY_of_the_object_detaches_unbinds_and_unplugs()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var before = await iommu.State();
        var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas));
        await iommu.Expect(Errno.EBUSY, new Destroy(made.Device));
        await iommu.Expect(Errno.None, new Destroy(made.Selftest));
        Assert.Equal(before, await iommu.State());
        Assert.Empty(iommu.Hardware.Machine.Devices);
        await iommu.Expect(Errno.ENOENT, new Destroy(made.Device));
        await iommu.Expect(Errno.ENOENT, new Destroy(made.Selftest));
        await iommu.Expect(Errno.None, new Destroy(ioas));
    }

    [Fact]
    public async Task B09_DESTROY_of_the_object_leaves_the_vDEVICE_a_tombstone()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas));
        var viommu = await iommu.Viommu(made.Device, await iommu.NestParent(made.Device, ioas));
        var vdevice = await iommu.Vdevice(viommu, made.Device, 0x99);
        await iommu.Expect(Errno.None, new Destroy(made.Selftest));
        await iommu.Expect(Errno.ENOENT, new Destroy(vdevice));
        Assert.Null(iommu.Context.Table.Find(vdevice));
        Assert.NotEqual(vdevice, await iommu.Ioas());
    }

    [Fact]
    public async Task A_close_unplugs_every_device()
    {
        var iommu = await new MockHarness().OpenAsync();
        await using var _ = iommu;
        var ioas = await iommu.Ioas();
        for (var i = 0; i < 3; i++) await iommu.Expect(Errno.None, new MockDomain(ioas));
        Assert.Equal(0UL, await iommu.Value(new Close()));
        Assert.Empty(iommu.Hardware.Machine.Devices);
    }

    private static async Task FailsAsWas(Errno errno, Func<ObjectId, MockDomain> call)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var before = await iommu.State();
        await iommu.Expect(errno, call(ioas));
        Assert.Equal(before, await iommu.State());
    }
}
