using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>Attach, replace and detach of one PASID of a device.</summary>
public class DevicePasidTests
{
    [Fact]
    public async Task PASID_ATTACH_to_an_ioas_answers_EINVAL_also_when_no_domain_could_be_filled()
    {
        // EADDRINUSE of the filling came first (model, seed 0); the kernel attaches before it fills.
        await using var iommu = await new MockHarness().OpenAsync();
        var device = iommu.Iommu.Plug(Iommu.Hardware.Mock.MockDeviceFlags.Pasid).Value!;
        var bound = await iommu.Id(new DeviceBind(device.Name));
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, new IoasAllowIovas(ioas, [new(0x9000, 0x12fff)]));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(bound, ioas, 2));
        await iommu.Expect(Errno.EADDRINUSE, new DeviceAttach(bound, ioas));
        await iommu.Expect(Errno.EADDRINUSE, new DeviceAttach(bound, ioas, 2, AttachMode.Replace));
    }

    [Fact]
    public async Task PASID_ATTACH_answers_the_id_of_the_HWPT_and_leaves_the_devices_other_address_spaces_alone()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var (hwpt, next) = (await Pasid(iommu, one, ioas), await Pasid(iommu, one, ioas));
        Assert.Equal(hwpt, await iommu.Id(new DeviceAttach(one, hwpt, 5)));
        Assert.Equal(next, await iommu.Id(new DeviceAttach(one, next, 6)));
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt, 5));
        Assert.Equal((ObjectId.None, hwpt, next), (iommu.PlaceOf("other"), iommu.PlaceOf("other", 5), iommu.PlaceOf("other", 6)));
        Assert.Equal(next, await iommu.Id(new DeviceAttach(other, next, 5, AttachMode.Replace)));
        Assert.Equal((next, next), (iommu.PlaceOf("one", 5), iommu.PlaceOf("sibling", 5)));
        await iommu.Expect(Errno.None, new Destroy(hwpt));
        await iommu.Expect(Errno.None, new DeviceDetach(one, 5));
        Assert.Equal(next, iommu.PlaceOf("one", 5));
        await iommu.Expect(Errno.None, new DeviceDetach(other, 5));
        Assert.Equal((ObjectId.None, next), (iommu.PlaceOf("one", 5), iommu.PlaceOf("one", 6)));
    }

    [Fact]
    public async Task PASID_ATTACH_answers_EINVAL_unless_the_HWPT_and_the_one_without_PASID_are_both_for_PASIDs()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var (plain, hwpt) = (await iommu.Hwpt(device, ioas), await Pasid(iommu, device, ioas));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, plain, 5));
        await iommu.Expect(Errno.None, new DeviceAttach(device, plain));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, hwpt, 5));
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt, 5));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, plain));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, plain, 5));
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, plain));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, ioas));
        await iommu.Expect(Errno.None, new DeviceDetach(device, 5));
        await iommu.Expect(Errno.None, new DeviceAttach(device, plain));
    }

    [Fact]
    public async Task PASID_ATTACH_to_an_IOAS_answers_EINVAL_since_its_own_domains_are_not_for_PASIDs()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, ioas, 5));
        var hwpt = await Pasid(iommu, device, ioas);
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt, 5));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, ioas, 5, AttachMode.Replace));
        await iommu.Expect(Errno.EBUSY, new DeviceAttach(device, ioas, 5, AttachMode.Attach));
        Assert.Equal((1, hwpt), (iommu.First.Live, iommu.PlaceOf("first-dev0", 5)));
    }

    [Fact]
    public async Task PASID_ATTACH_answers_EINVAL_for_a_PASID_that_a_device_of_the_group_has_not()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.CapabilitiesOf = device => new DeviceCapabilities { PasidBits = device.Name == "sibling" ? (byte)3 : (byte)4 };
        var (one, _, ioas) = await iommu.BindGroupAsync();
        var hwpt = await Pasid(iommu, one, ioas);
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(one, hwpt, 8));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(one, hwpt, uint.MaxValue));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt, 7));
    }

    [Fact]
    public async Task A_device_of_the_group_that_has_no_PASIDs_is_left_out()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.CapabilitiesOf = device => new DeviceCapabilities { PasidBits = device.Name == "sibling" ? (byte)0 : (byte)4 };
        var (one, _, ioas) = await iommu.BindGroupAsync();
        var hwpt = await Pasid(iommu, one, ioas);
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt, 9));
        Assert.Equal((hwpt, ObjectId.None), (iommu.PlaceOf("other", 9), iommu.PlaceOf("sibling", 9)));
    }

    [Fact]
    public async Task PASID_ATTACH_answers_EOPNOTSUPP_for_a_driver_without_PASIDs()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        (iommu.First.HasPasids, iommu.First.CapabilitiesOf) = (false, _ => new DeviceCapabilities());
        var device = await iommu.Bind();
        await iommu.Expect(Errno.EOPNOTSUPP, new DeviceAttach(device, await Pasid(iommu, device, await iommu.Ioas()), 5));
    }

    [Fact]
    public async Task PASID_ATTACH_answers_EBUSY_for_a_PASID_that_is_attached_and_EINVAL_when_the_group_is_elsewhere_there()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var (hwpt, next) = (await Pasid(iommu, one, ioas), await Pasid(iommu, one, ioas));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt, 5, AttachMode.Attach));
        await iommu.Expect(Errno.EBUSY, new DeviceAttach(one, hwpt, 5, AttachMode.Attach));
        await iommu.Expect(Errno.EBUSY, new DeviceAttach(one, next, 5, AttachMode.Attach));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(other, next, 5, AttachMode.Attach));
        await iommu.Expect(Errno.None, new DeviceAttach(other, next, 6, AttachMode.Attach));
    }

    [Fact]
    public async Task PASID_REPLACE_answers_EINVAL_when_it_is_not_attached()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var hwpt = await Pasid(iommu, one, ioas);
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(one, hwpt, 5, AttachMode.Replace));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt, 5));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(other, hwpt, 5, AttachMode.Replace));
    }

    [Fact]
    public async Task A_failed_PASID_REPLACE_changes_nothing()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var (hwpt, next) = (await Pasid(iommu, one, ioas), await Pasid(iommu, one, ioas));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt, 5));
        var before = await iommu.State();
        iommu.First.Refuse = (device, _) => device.Name == "other" ? Errno.ENOMEM : Errno.None;
        await iommu.Expect(Errno.ENOMEM, new DeviceAttach(one, next, 5));
        Assert.Equal(before, await iommu.State());
    }

    [Fact]
    public async Task PASID_ATTACH_answers_EBUSY_during_a_reset_which_gives_every_PASID_back()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var (hwpt, next) = (await Pasid(iommu, device, ioas), await Pasid(iommu, device, ioas));
        foreach (var pasid in new uint[] { 0, 5 }) await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt, pasid));
        await iommu.Simulator.BeginResetAsync(iommu.Device("first-dev0"));
        Assert.Empty(iommu.First.Places);
        await iommu.Expect(Errno.EBUSY, new DeviceAttach(device, hwpt, 6));
        await iommu.Expect(Errno.EBUSY, new DeviceAttach(device, next, 5));
        await iommu.Simulator.EndResetAsync(iommu.Device("first-dev0"));
        Assert.Equal((hwpt, hwpt), (iommu.PlaceOf("first-dev0"), iommu.PlaceOf("first-dev0", 5)));
    }

    [Fact]
    public async Task PASID_ATTACH_reserves_no_IOVAs()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.RegionsOf = _ => [new(0x1000, 0x1fff)];
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var hwpt = await Pasid(iommu, device, ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt, 5));
        await iommu.Expect(Errno.EADDRINUSE, new DeviceAttach(device, hwpt));
        await iommu.Expect(Errno.None, new DeviceDetach(device, 5));
    }

    private static Task<ObjectId> Pasid(SimulatorHarness iommu, ObjectId device, ObjectId ioas) =>
        iommu.Hwpt(device, ioas, HwptAllocFlags.Pasid);
}
