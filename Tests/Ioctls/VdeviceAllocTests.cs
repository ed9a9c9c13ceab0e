using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>IOMMU_VDEVICE_ALLOC (viommu.c, iommufd_vdevice_alloc_ioctl).</summary>
public class VdeviceAllocTests
{
    [Fact]
    public async Task VDEVICE_ALLOC_makes_a_device_known_by_its_virtual_id_until_it_is_destroyed()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        Assert.Equal([5UL], iommu.First.LastViommu!.Known);
        await iommu.BooksBalance();
        await iommu.Expect(Errno.EBUSY, new Destroy(viommu));
        await iommu.Expect(Errno.EBUSY, new Destroy(device));
        await iommu.Expect(Errno.None, new Destroy(vdevice));
        Assert.Empty(iommu.First.LastViommu.Known);
        await iommu.Expect(Errno.None, new VdeviceAlloc(viommu, device, 5));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task VDEVICE_ALLOC_answers_ENOENT_for_a_missing_viommu_or_device()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, parent, viommu) = await iommu.Guest();
        foreach (var wrong in new[] { GuestHarness.Missing, ioas, parent, device })
            await iommu.Expect(Errno.ENOENT, new VdeviceAlloc(wrong, device, 5));
        foreach (var wrong in new[] { GuestHarness.Missing, ioas, viommu })
            await iommu.Expect(Errno.ENOENT, new VdeviceAlloc(viommu, wrong, 5));
    }

    [Fact]
    public async Task VDEVICE_ALLOC_answers_EINVAL_for_a_device_behind_another_iommu()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.EINVAL, new VdeviceAlloc(viommu, await iommu.Bind("second-dev0"), 5));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task VDEVICE_ALLOC_answers_EEXIST_for_a_device_that_has_one_also_on_another_viommu()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, parent, viommu) = await iommu.Guest();
        var next = await iommu.Id(GuestHarness.ViommuCall(device, parent));
        await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.EEXIST, new VdeviceAlloc(viommu, device, 6));
        await iommu.Expect(Errno.EEXIST, new VdeviceAlloc(next, device, 5));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task VDEVICE_ALLOC_answers_EEXIST_for_a_virtual_id_in_use()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        var sibling = await iommu.Bind("first-dev1");
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.EEXIST, new VdeviceAlloc(viommu, sibling, 5));
        await iommu.Id(new VdeviceAlloc(viommu, sibling, 6));
        await iommu.Expect(Errno.None, new Destroy(vdevice));
        await iommu.Expect(Errno.None, new VdeviceAlloc(viommu, device, 5));
    }

    [Fact]
    public async Task VDEVICE_ALLOC_answers_the_drivers_errno_and_nobody_ever_sees_the_vdevice_B10()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        var before = await iommu.State();
        await iommu.Expect(Errno.EINVAL, new VdeviceAlloc(viommu, device, FakeViommu.VirtualIdMax + 1));
        iommu.First.LastViommu!.VdeviceErrno = Errno.ENOSPC;
        await iommu.Expect(Errno.ENOSPC, new VdeviceAlloc(viommu, device, 5));
        Assert.Empty(iommu.First.LastViommu.Known);
        Assert.Equal(before, await iommu.State());
        iommu.First.LastViommu.VdeviceErrno = Errno.None;
        await iommu.Expect(Errno.None, new VdeviceAlloc(viommu, device, 5));
    }

    [Fact]
    public async Task VDEVICE_ALLOC_while_another_one_for_the_device_is_being_made_waits_for_what_that_comes_to()
    {
        // It was told EEXIST of a vDEVICE that then came to nothing.
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        for (var i = 0; i < 20; i++)
        {
            var refused = iommu.Call(new VdeviceAlloc(viommu, device, FakeViommu.VirtualIdMax + 1));
            var next = iommu.Call(new VdeviceAlloc(viommu, device, 5));
            Assert.Equal((Errno.EINVAL, Errno.None), ((await refused).Errno, (await next).Errno));
            await iommu.Expect(Errno.None, new Destroy((await next).Id));
        }
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task VDEVICE_ALLOC_answers_ENOENT_for_a_device_that_is_being_unbound()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        // Its vDEVICE cannot be unlinked, and so it cannot go, before the gate opens.
        using var gate = new ManualResetEventSlim();
        iommu.Context.Table.Find(viommu)!.Actor.Tell(new Inspect(_ => gate.Wait(TimeSpan.FromSeconds(10))));
        var unbound = iommu.Call(new DeviceUnbind(device));
        var actor = iommu.Context.Table.Find(device)!.Actor;
        while (!await actor.Ask<bool>(new Inspect(it => it.Counts.Leaving))) { }
        await iommu.Expect(Errno.ENOENT, new VdeviceAlloc(viommu, device, 6));
        gate.Set();
        Assert.Equal(Errno.None, (await unbound).Errno);
        Assert.Empty(iommu.First.LastViommu!.Known);
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task A_vdevice_whose_device_is_unbound_leaves_its_id_as_a_tombstone_and_its_virtual_id_free_B09()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.None, new DeviceUnbind(device));
        await iommu.Expect(Errno.ENOENT, new Destroy(vdevice));
        await iommu.Expect(Errno.ENOENT, new HwptInvalidate(vdevice, InvalidateDataType.Selftest, 4, 1, new byte[4]));
        Assert.Equal(device, await iommu.Bind());
        var again = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        Assert.NotEqual(vdevice, again);
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task An_unbind_and_a_DESTROY_of_the_vdevice_at_once_end_it_once_whoever_comes_first_B09()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var problems = iommu.CollectProblems();
        var (_, _, _, viommu) = await iommu.Guest();
        for (var i = 0; i < 40; i++)
        {
            var device = await iommu.Bind("first-dev1");
            var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
            Call[] calls = [new DeviceUnbind(device), new Destroy(vdevice), new VdeviceAlloc(viommu, device, 6)];
            var made = (i % 2 == 0 ? calls : calls.Reverse()).Select(iommu.Call).ToList();
            var answers = await Task.WhenAll(made);
            Assert.Equal(Errno.None, answers[i % 2 == 0 ? 0 : 2].Errno);
            Assert.Contains(answers[1].Errno, new[] { Errno.None, Errno.ENOENT });
            Assert.Empty(iommu.First.LastViommu!.Known);
            await iommu.BooksBalance();
        }
        Assert.Empty(await problems());
    }
}
