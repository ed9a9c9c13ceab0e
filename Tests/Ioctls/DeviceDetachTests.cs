using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class DeviceDetachTests
{
    [Fact]
    public async Task DETACH_blocks_the_group_with_its_last_device()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var hwpt = await iommu.Hwpt(one, ioas);
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt));
        await iommu.Expect(Errno.None, new DeviceDetach(one));
        Assert.All(new[] { "one", "other", "sibling" }, name => Assert.Equal(hwpt, iommu.PlaceOf(name)));
        await iommu.Expect(Errno.EBUSY, new Destroy(hwpt));
        await iommu.Expect(Errno.None, new DeviceDetach(other));
        Assert.Empty(iommu.First.Places);
        await iommu.Expect(Errno.None, new Destroy(hwpt));
    }

    [Fact]
    public async Task DETACH_succeeds_when_nothing_is_attached()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        await iommu.Expect(Errno.None, new DeviceDetach(one));
        await iommu.Expect(Errno.None, new DeviceAttach(one, ioas));
        await iommu.Expect(Errno.None, new DeviceDetach(other));
        await iommu.Expect(Errno.None, new DeviceDetach(one, Pasid: 3));
        Assert.NotEqual(ObjectId.None, iommu.PlaceOf("one"));
    }

    [Fact]
    public async Task DETACH_answers_ENOENT_for_anything_but_a_device()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        await iommu.Expect(Errno.ENOENT, new DeviceDetach(DeviceHarness.Missing));
        await iommu.Expect(Errno.ENOENT, new DeviceDetach(await iommu.Ioas()));
    }

    [Fact]
    public async Task DETACH_is_over_when_the_domain_that_an_IOAS_made_is_gone()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        await iommu.Expect(Errno.None, new DeviceAttach(one, ioas));
        await iommu.Expect(Errno.None, new DeviceAttach(other, ioas));
        await iommu.Expect(Errno.None, new DeviceDetach(one));
        Assert.Equal(1, iommu.First.Live);
        await iommu.Expect(Errno.None, new DeviceDetach(other));
        Assert.Equal(0, iommu.First.Live);
        await iommu.Expect(Errno.None, new Destroy(ioas));
    }

    [Fact]
    public async Task DETACH_of_a_device_that_is_being_reset_succeeds_and_leaves_it_blocked()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var device = await iommu.Bind();
        await iommu.Expect(Errno.None, new DeviceAttach(device, await iommu.Ioas()));
        await iommu.Simulator.BeginResetAsync(iommu.Device("first-dev0"));
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        Assert.Equal(Answer.Success, await iommu.Simulator.EndResetAsync(iommu.Device("first-dev0")));
        Assert.Empty(iommu.First.Places);
    }

    [Fact]
    public async Task UNBIND_detaches_every_address_space_of_this_device_and_no_other()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var hwpt = await iommu.Hwpt(one, ioas, HwptAllocFlags.Pasid);
        foreach (var device in new[] { one, other })
            foreach (var pasid in new uint[] { 0, 5 }) await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt, pasid));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt, 7));
        await iommu.Expect(Errno.None, new DeviceUnbind(one));
        Assert.Equal((hwpt, hwpt, ObjectId.None), (iommu.PlaceOf("one"), iommu.PlaceOf("one", 5), iommu.PlaceOf("one", 7)));
        await iommu.Expect(Errno.ENOENT, new DeviceAttach(one, hwpt));
        await iommu.Expect(Errno.None, new DeviceUnbind(other));
        Assert.Empty(iommu.First.Places);
        await iommu.Expect(Errno.None, new Destroy(hwpt));
        Assert.Equal($"{ioas}=Ioas(); taken 1; counts {ioas}:1/1; live 0; pins 0", await iommu.State());
    }

    [Fact]
    public async Task UNBIND_answers_ENOENT_for_a_device_that_is_being_unbound()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            var device = await iommu.Bind("one");
            await iommu.Expect(Errno.None, new DeviceAttach(device, await iommu.Ioas()));
            var answers = await Task.WhenAll(iommu.Call(new DeviceUnbind(device)), iommu.Call(new DeviceUnbind(device)));
            Assert.Equal([Errno.None, Errno.ENOENT], answers.Select(answer => answer.Errno).Order());
        }
    }

    [Fact]
    public async Task An_attach_that_meets_an_unbind_is_before_it_or_finds_no_device()
    {
        for (var i = 0; i < 50; i++)
        {
            await using var iommu = await DeviceHarness.OpenAsync();
            var (one, _, ioas) = await iommu.BindGroupAsync();
            var hwpt = await iommu.Hwpt(one, ioas);
            var calls = new[] { iommu.Call(new DeviceAttach(one, hwpt)), iommu.Call(new DeviceUnbind(one)) };
            Assert.Contains((await calls[0]).Errno, new[] { Errno.None, Errno.ENOENT });
            Assert.Equal(Errno.None, (await calls[1]).Errno);
            Assert.Empty(iommu.First.Places);
            await iommu.Expect(Errno.None, new Destroy(hwpt));
        }
    }
}
