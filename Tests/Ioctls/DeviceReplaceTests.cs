using Iommu.Messages;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>Replace, and the domains that an IOAS makes for attaches to itself.</summary>
public class DeviceReplaceTests
{
    [Fact]
    public async Task REPLACE_answers_EINVAL_when_this_device_is_not_attached()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var hwpt = await iommu.Hwpt(one, ioas);
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(one, hwpt, Mode: AttachMode.Replace));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(one, ioas, Mode: AttachMode.Replace));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(other, hwpt, Mode: AttachMode.Replace));
        Assert.Equal(1, iommu.First.Live);
    }

    [Fact]
    public async Task REPLACE_moves_the_whole_group_with_its_references()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var (hwpt, next) = (await iommu.Hwpt(one, ioas), await iommu.Hwpt(one, ioas));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt));
        Assert.Equal(next, await iommu.Id(new DeviceAttach(other, next, Mode: AttachMode.Replace)));
        Assert.All(new[] { "one", "other", "sibling" }, name => Assert.Equal(next, iommu.PlaceOf(name)));
        await iommu.Expect(Errno.None, new Destroy(hwpt));
        await iommu.Expect(Errno.None, new DeviceDetach(one));
        await iommu.Expect(Errno.EBUSY, new Destroy(next));
        await iommu.Expect(Errno.None, new DeviceDetach(other));
        await iommu.Expect(Errno.None, new Destroy(next));
    }

    [Fact]
    public async Task A_failed_REPLACE_changes_nothing()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.RegionsOf = device => device.Name == "one" ? [new(0x1000, 0x1fff)] : [];
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var elsewhere = await iommu.Ioas();
        var (hwpt, beside, away) = (await iommu.Hwpt(one, ioas), await iommu.Hwpt(one, ioas), await iommu.Hwpt(one, elsewhere));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt));
        var before = await iommu.State();
        iommu.First.Refuse = (device, _) => device.Name == "sibling" ? Errno.ENOMEM : Errno.None;
        foreach (var next in new[] { beside, away, elsewhere }) await iommu.Expect(Errno.ENOMEM, new DeviceAttach(other, next));
        Assert.Equal(before, await iommu.State());
        // What the devices cannot reach is reserved where they are, and nowhere else.
        await iommu.Expect(Errno.EINVAL, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(elsewhere, 0x1000));
        iommu.First.Refuse = (_, _) => Errno.None;
        await iommu.Expect(Errno.EADDRINUSE, new DeviceAttach(other, away));
        Assert.Equal(hwpt, iommu.PlaceOf("other"));
    }

    [Fact]
    public async Task REPLACE_reserves_in_the_new_IOAS_for_every_device_and_gives_back_in_the_old_one()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.RegionsOf = device => [new((ulong)device.StreamId << 12, ((ulong)device.StreamId << 12) + 0xfff)];
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var next = await iommu.Ioas();
        await iommu.Expect(Errno.None, new DeviceAttach(one, await iommu.Hwpt(one, ioas)));
        await iommu.Expect(Errno.EINVAL, SimulatorHarness.Fixed(ioas, 0x8000));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x9000));
        await iommu.Expect(Errno.EADDRINUSE, new DeviceAttach(other, iommu.PlaceOf("one")));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.None, new DeviceAttach(other, iommu.PlaceOf("one")));
        await iommu.Expect(Errno.None, new DeviceAttach(one, next));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x8000, pages: 2));
        await iommu.Expect(Errno.EINVAL, SimulatorHarness.Fixed(next, 0x8000));
        await iommu.Expect(Errno.EINVAL, SimulatorHarness.Fixed(next, 0x9000));
    }

    [Fact]
    public async Task REPLACE_of_an_IOASs_own_domain_destroys_it_with_its_last_device()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, two, ioas) = (await iommu.Bind(), await iommu.Bind("first-dev1"), await iommu.Ioas());
        var hwpt = await iommu.Hwpt(one, ioas);
        var auto = await iommu.Id(new DeviceAttach(one, ioas));
        await iommu.Expect(Errno.None, new DeviceAttach(two, ioas));
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        Assert.NotNull(iommu.Context.Table.Find(auto));
        await iommu.Expect(Errno.None, new DeviceAttach(two, hwpt));
        Assert.Equal((null, 1), (iommu.Context.Table.Find(auto), iommu.First.Live));
        Assert.Equal(auto, await iommu.Id(new DeviceAttach(one, ioas)));
        await iommu.Expect(Errno.None, new DeviceAttach(one, await iommu.Ioas()));
        Assert.Null(iommu.Context.Table.Find(auto));
    }

    [Fact]
    public async Task A_domain_that_a_driver_refuses_with_EINVAL_gives_way_to_another_one()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, two, ioas) = (await iommu.Bind(), await iommu.Bind("first-dev1"), await iommu.Ioas());
        var plain = await iommu.Id(new DeviceAttach(one, ioas));
        var domain = iommu.Context.Table.Find(plain)!.Hardware;
        iommu.First.Refuse = (device, to) => device.Name == "first-dev1" && to == domain ? Errno.EINVAL : Errno.None;
        var special = await iommu.Id(new DeviceAttach(two, ioas));
        Assert.NotEqual(plain, special);
        Assert.Equal(special, await iommu.Id(new DeviceAttach(two, ioas)));
        Assert.Equal(plain, await iommu.Id(new DeviceAttach(one, ioas)));
        // Another errno ends the search.
        await iommu.Expect(Errno.None, new DeviceDetach(two));
        iommu.First.Refuse = (device, to) => device.Name == "first-dev1" && to == domain ? Errno.ENOSPC : Errno.None;
        await iommu.Expect(Errno.ENOSPC, new DeviceAttach(two, ioas));
        Assert.Equal(1, iommu.First.Live);
    }

    [Fact]
    public async Task ATTACH_to_an_IOAS_answers_EINVAL_when_a_new_domain_does_not_suit_either_and_leaves_none()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (one, two, ioas) = (await iommu.Bind(), await iommu.Bind("first-dev1"), await iommu.Ioas());
        await iommu.Id(new DeviceAttach(one, ioas));
        var before = await iommu.State();
        iommu.First.Refuse = (device, _) => device.Name == "first-dev1" ? Errno.EINVAL : Errno.None;
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(two, ioas));
        Assert.Equal(before, await iommu.State());
        await iommu.Expect(Errno.None, new DeviceDetach(one));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(two, ioas));
        Assert.Equal(0, iommu.First.Live);
        await iommu.Expect(Errno.None, new Destroy(ioas));
    }

    [Fact]
    public async Task Two_groups_that_attach_to_an_IOAS_at_once_share_its_domain_unless_that_does_not_suit_both()
    {
        // Both wait for the first domain; the one that it does not suit makes its own (B14).
        for (var i = 0; i < 20; i++)
        {
            await using var iommu = await DeviceHarness.OpenAsync();
            var ioas = await iommu.Ioas();
            var devices = new[] { await iommu.Bind(), await iommu.Bind("first-dev1"), await iommu.Bind("one") };
            object? first = null;
            iommu.First.Refuse = (device, to) => device.Name == "one" && (first ??= to) == to ? Errno.EINVAL : Errno.None;
            var answers = await Task.WhenAll(devices.Select(device => iommu.Call(new DeviceAttach(device, ioas))));
            Assert.Equal([Errno.None, Errno.None], answers.Take(2).Select(answer => answer.Errno));
            Assert.Equal(answers[0].Id, answers[1].Id);
            // Its own, or none when the one that does not suit it was made for it.
            Assert.Contains(answers[2].Errno, new[] { Errno.None, Errno.EINVAL });
            Assert.Equal(answers[2].Errno == Errno.None ? 2 : 1, iommu.First.Live);
            Assert.Equal(0UL, (await iommu.Context.CloseAsync()).Value);
        }
    }
}
