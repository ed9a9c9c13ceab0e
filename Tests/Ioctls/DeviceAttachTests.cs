using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.NoIommu;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>Attach and replace of a device's own address space. Those of PASIDs are in <see cref="DevicePasidTests"/>.</summary>
public class DeviceAttachTests
{
    [Fact]
    public async Task ATTACH_answers_the_id_of_the_HWPT()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var device = await iommu.Bind();
        var hwpt = await iommu.Hwpt(device, await iommu.Ioas());
        Assert.Equal(new Answer(Errno.None, hwpt.Value), await iommu.Call(new DeviceAttach(device, hwpt)));
        Assert.Equal(new Answer(Errno.None, hwpt.Value), await iommu.Call(new DeviceAttach(device, hwpt)));
        Assert.Equal(hwpt, iommu.PlaceOf("first-dev0"));
    }

    [Fact]
    public async Task ATTACH_to_an_IOAS_answers_the_id_of_the_domain_that_it_made_or_found()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, two, ioas) = (await iommu.Bind(), await iommu.Bind("first-dev1"), await iommu.Ioas());
        var made = await iommu.Id(new DeviceAttach(one, ioas));
        Assert.Equal(ObjectType.HwptPaging, iommu.Context.Table.Find(made)!.Type);
        Assert.Equal(made, await iommu.Id(new DeviceAttach(two, ioas)));
        Assert.Equal(made, await iommu.Id(new DeviceAttach(two, ioas, Mode: AttachMode.Replace)));
    }

    [Fact]
    public async Task ATTACH_answers_ENOENT_for_what_does_not_exist_and_EINVAL_for_what_is_no_page_table()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.ENOENT, new DeviceAttach(DeviceHarness.Missing, ioas));
        await iommu.Expect(Errno.ENOENT, new DeviceAttach(ioas, ioas));
        await iommu.Expect(Errno.ENOENT, new DeviceAttach(device, DeviceHarness.Missing));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, device));
    }

    [Fact]
    public async Task ATTACH_answers_EBUSY_when_this_device_is_attached()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        var attach = new DeviceAttach(device, await iommu.Hwpt(device, ioas), Mode: AttachMode.Attach);
        await iommu.Expect(Errno.None, attach);
        await iommu.Expect(Errno.EBUSY, attach);
        await iommu.Expect(Errno.EBUSY, attach with { PageTable = await iommu.Hwpt(device, ioas) });
        await iommu.Expect(Errno.EBUSY, attach with { PageTable = ioas });
    }

    [Fact]
    public async Task ATTACH_answers_EINVAL_when_the_group_is_on_another_HWPT()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var (hwpt, second) = (await iommu.Hwpt(one, ioas), await iommu.Hwpt(one, ioas));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        var before = await iommu.State();
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(other, second));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(other, ioas));
        Assert.Equal(before, await iommu.State());
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt));
    }

    [Fact]
    public async Task The_first_device_of_a_group_takes_all_of_them_there_and_the_others_join()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var hwpt = await iommu.Hwpt(one, ioas);
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        Assert.All(new[] { "one", "other", "sibling" }, name => Assert.Equal(hwpt, iommu.PlaceOf(name)));
        var moves = iommu.First.Moves;
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt));
        Assert.Equal(moves, iommu.First.Moves);
    }

    [Fact]
    public async Task A_device_that_was_plugged_in_since_is_taken_there_by_its_own_attach()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var one = await iommu.Bind("one");
        var hwpt = await iommu.Hwpt(one, await iommu.Ioas());
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        iommu.Machine.Plug(new PhysicalDevice("late", 30, iommu.First) { Group = iommu.Device("one").Group });
        await iommu.Expect(Errno.None, new DeviceAttach(await iommu.Bind("late"), hwpt));
        Assert.Equal(hwpt, iommu.PlaceOf("late"));
    }

    [Fact]
    public async Task ATTACH_answers_EINVAL_for_a_domain_of_another_IOMMU_and_whatever_else_a_driver_says()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, _, ioas) = await iommu.BindGroupAsync();
        var foreign = await iommu.Hwpt(await iommu.Bind("second-dev0"), ioas);
        var hwpt = await iommu.Hwpt(one, ioas);
        var before = await iommu.State();
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(one, foreign));
        // The last of the group is refused, and none has moved.
        iommu.First.Refuse = (device, _) => device.Name == "sibling" ? Errno.ENOSPC : Errno.None;
        await iommu.Expect(Errno.ENOSPC, new DeviceAttach(one, hwpt));
        Assert.Equal(before, await iommu.State());
    }

    [Fact]
    public async Task ATTACH_answers_EADDRINUSE_when_something_is_mapped_where_the_device_cannot_reach()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.RegionsOf = device => device.Name == "other" ? [new(0x1000, 0x1fff), new(0x9000, 0x9fff)] : [];
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var hwpt = await iommu.Hwpt(one, ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x9000));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        await iommu.Expect(Errno.EADDRINUSE, new DeviceAttach(other, hwpt));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt));
        await iommu.Expect(Errno.EINVAL, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.None, new DeviceDetach(other));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
    }

    [Fact]
    public async Task ATTACH_to_a_nested_HWPT_reserves_in_the_IOAS_of_its_parent()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.RegionsOf = _ => [new(0x1000, 0x1fff)];
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, ioas));
        await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.None, new DeviceAttach(device, await iommu.Nested(device, viommu)));
        await iommu.Expect(Errno.EINVAL, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.None, new DeviceUnbind(device));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
    }

    [Fact]
    public async Task ATTACH_answers_EINVAL_for_a_virtual_function_with_shared_page_requests_and_a_fault_queue()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { SharesPageRequests = true };
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var (hwpt, plain) = (await iommu.Hwpt(device, ioas), await iommu.Hwpt(device, ioas));
        iommu.GiveFaultQueue(hwpt, ActorRefs.Nobody);
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(device, plain));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, hwpt, Mode: AttachMode.Replace));
        Assert.Equal(plain, iommu.PlaceOf("first-dev0"));
    }

    [Fact]
    public async Task ATTACH_answers_EBUSY_while_a_device_of_the_group_is_being_reset()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var (hwpt, next) = (await iommu.Hwpt(one, ioas), await iommu.Hwpt(one, ioas));
        await iommu.Simulator.BeginResetAsync(iommu.Device("sibling"));
        await iommu.Simulator.BeginResetAsync(iommu.Device("sibling"));
        await iommu.Expect(Errno.EBUSY, new DeviceAttach(one, hwpt));
        await iommu.Simulator.EndResetAsync(iommu.Device("sibling"));
        await iommu.Expect(Errno.EBUSY, new DeviceAttach(one, hwpt));
        await iommu.Simulator.EndResetAsync(iommu.Device("sibling"));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));

        await iommu.Simulator.BeginResetAsync(iommu.Device("other"));
        Assert.Equal((hwpt, ObjectId.None), (iommu.PlaceOf("one"), iommu.PlaceOf("other")));
        await iommu.Expect(Errno.EBUSY, new DeviceAttach(one, next));
        // The hardware is asked nothing for one more device of the group.
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt));
        Assert.Equal(ObjectId.None, iommu.PlaceOf("other"));
        Assert.Equal(Answer.Success, await iommu.Simulator.EndResetAsync(iommu.Device("other")));
        Assert.Equal(hwpt, iommu.PlaceOf("other"));
        await iommu.Expect(Errno.None, new DeviceAttach(one, next));
    }

    [Fact]
    public async Task A_reset_that_a_driver_does_not_take_the_device_back_from_leaves_it_blocked_and_says_why()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var device = await iommu.Bind();
        var hwpt = await iommu.Hwpt(device, await iommu.Ioas());
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        await iommu.Simulator.BeginResetAsync(iommu.Device("first-dev0"));
        iommu.First.Refuse = (_, _) => Errno.EIO;
        Assert.Equal(new Answer(Errno.EIO), await iommu.Simulator.EndResetAsync(iommu.Device("first-dev0")));
        Assert.Equal(ObjectId.None, iommu.PlaceOf("first-dev0"));
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        await iommu.Expect(Errno.None, new Destroy(hwpt));
    }

    [Fact]
    public async Task A_device_without_an_IOMMU_is_attached_to_anything_and_no_hardware_is_told()
    {
        await using var iommu = await DeviceHarness.OpenAsync(more: [new PhysicalDevice("bare", 0, new NoIommuDriver())]);
        var (bare, device, ioas) = (await iommu.Bind("bare"), await iommu.Bind(), await iommu.Ioas());
        var (table, domain) = (await iommu.Hwpt(bare, ioas), await iommu.Hwpt(device, ioas));
        await iommu.Expect(Errno.None, new DeviceAttach(bare, table));
        await iommu.Expect(Errno.None, new DeviceAttach(bare, domain));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, table));
        await iommu.Expect(Errno.None, new DeviceDetach(bare));
        var auto = await iommu.Id(new DeviceAttach(device, ioas));
        Assert.Equal(auto, await iommu.Id(new DeviceAttach(bare, ioas)));
        Assert.Equal(0UL, (await iommu.Context.CloseAsync()).Value);
    }
}
