using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors;

/// <summary>Accesses as objects: what their owners are told, and what waits for whom (device.c, iommufd_access_*).</summary>
public class AccessTests
{
    private const ulong Page = 4096;
    private const ulong Iova = 0x10000;

    [Fact]
    public async Task An_access_pins_reads_and_writes_what_is_mapped()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        var access = await owner.Attached(ioas);
        var pages = Assert.IsType<PagesAnswer>(await owner.Call(new AccessPin(access, Iova + Page, 2 * Page, Write: true)));
        Assert.Equal([0x1_0010_1000UL, 0x1_0010_2000UL], pages.Pages);
        await owner.Expect(Errno.None, new AccessWrite(access, Iova + 5, new byte[] { 1, 2, 3 }));
        var bytes = Assert.IsType<BytesAnswer>(await owner.Call(new AccessRead(access, Iova + 4, 5)));
        Assert.Equal([0, 1, 2, 3, 0], bytes.Bytes.ToArray());
        await owner.Expect(Errno.None, new AccessUnpin(access, Iova + Page, 2 * Page));
        Assert.Equal(0, iommu.Memory.Pins);
    }

    [Fact]
    public async Task An_access_refuses_what_the_kernel_refuses()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        var (pins, reads) = (await owner.Id(new AccessCreate(true)), await owner.Id(new AccessCreate(false)));
        await owner.Expect(Errno.ENOENT, new AccessPin(pins, Iova, Page, false));
        await owner.Expect(Errno.ENOENT, new AccessRead(reads, Iova, 1));
        await owner.Expect(Errno.EINVAL, new AccessUnpin(pins, Iova, Page));
        await owner.Expect(Errno.EINVAL, new AccessDetach(pins));
        await owner.Expect(Errno.ENOENT, new AccessReplace(pins, ioas));
        await owner.Expect(Errno.ENOENT, new AccessAttach(pins, new ObjectId(99)));
        await owner.Expect(Errno.ENOENT, new AccessAttach(pins, pins));
        await owner.Expect(Errno.ENOENT, new AccessAttach(ioas, ioas));
        await owner.Expect(Errno.None, new AccessAttach(pins, ioas));
        await owner.Expect(Errno.None, new AccessAttach(reads, ioas));
        await owner.Expect(Errno.EINVAL, new AccessAttach(pins, ioas));
        await owner.Expect(Errno.None, new AccessReplace(pins, ioas));
        await owner.Expect(Errno.ENOENT, new AccessReplace(pins, new ObjectId(99)));
        await owner.Expect(Errno.EINVAL, new AccessPin(reads, Iova, Page, false));
        await owner.Expect(Errno.EINVAL, new AccessPin(pins, Iova, 0, false));
        await owner.Expect(Errno.EINVAL, new AccessPin(pins, Iova + 1, Page, false));
        await owner.Expect(Errno.EOVERFLOW, new AccessPin(pins, ulong.MaxValue, 2, false));
        await owner.Expect(Errno.EOVERFLOW, new AccessRead(pins, ulong.MaxValue, 2));
        await owner.Expect(Errno.ENOENT, new AccessPin(pins, Iova, 5 * Page, false));
        await owner.Expect(Errno.EINVAL, new AccessUnpin(pins, Iova, Page));
        await owner.Expect(Errno.EINVAL, new AccessRead(pins, Iova, 0));
        await owner.Expect(Errno.EINVAL, new AccessWrite(pins, Iova, default));
        await iommu.Expect(Errno.EINVAL, SimulatorHarness.Fixed(ioas, 1));
        await owner.Expect(Errno.EBUSY, new Destroy(pins));
        await owner.Expect(Errno.EBUSY, new Destroy(ioas));
        Assert.Equal(0, iommu.Memory.Pins);
    }

    [Fact]
    public async Task A_misaligned_area_keeps_an_access_that_pins_out_EADDRINUSE()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 1));
        var access = await owner.Id(new AccessCreate(true));
        await owner.Expect(Errno.EADDRINUSE, new AccessAttach(access, ioas));
        await owner.Expect(Errno.None, new IoasUnmap(ioas, 1, Page));
        await owner.Expect(Errno.None, new AccessAttach(access, ioas));
    }

    [Fact]
    public async Task An_unmap_waits_until_the_owner_has_let_go_and_other_calls_go_on_meanwhile()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        var access = await owner.Attached(ioas);
        await owner.Expect(Errno.None, new AccessPin(access, Iova, Page, false));
        var told = new TaskCompletionSource<(UnmapNotice Notice, IActorRef From)>();
        owner.OnNotice = (notice, from) => told.SetResult((notice, from));
        var unmap = iommu.Call(new IoasUnmap(ioas, Iova, 4 * Page));
        var (notice, from) = await told.Task;
        Assert.Equal(new UnmapNotice(access, Iova, 4 * Page), notice);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x100000));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0x100000, Page));
        await iommu.NestParent(await iommu.Bind(), ioas);
        await owner.Expect(Errno.EINVAL, new AccessPin(access, Iova + Page, Page, false));
        Assert.False(unmap.IsCompleted);
        await owner.Expect(Errno.None, new AccessUnpin(access, Iova, Page));
        owner.Actor.Tell(PoisonPill.Instance);
        Assert.Equal(new Answer(Errno.None, 4 * Page), await unmap);
        Assert.NotNull(from);
    }

    [Fact]
    public async Task B18_an_access_lets_go_of_what_an_unmap_takes_and_its_pages_are_unpinned()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        var hwpt = await iommu.NestParent(await iommu.Bind(), ioas);
        var access = await owner.Attached(ioas);
        await owner.Expect(Errno.None, new AccessPin(access, Iova + Page, 2 * Page, true));
        Assert.Equal(4, iommu.Memory.Pins);
        await iommu.Expect(Errno.None, new Destroy(hwpt));
        Assert.Equal(2, iommu.Memory.Pins);
        Assert.Equal(new Answer(Errno.None, 4 * Page), await iommu.Call(new IoasUnmap(ioas, 0, ulong.MaxValue)));
        Assert.Equal([new UnmapNotice(access, Iova, 4 * Page)], owner.Notices);
        Assert.Equal(0, iommu.Memory.Pins);
    }

    [Fact]
    public async Task B28_after_a_replace_each_ioas_tells_its_own_accesses()
    {
        // The replaced one wrote over the list id of another, which then missed its notice.
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, from) = await Prepare(iommu);
        var to = await iommu.Ioas();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(to, Iova, pages: 4));
        var (moving, stays, other) = (await owner.Attached(from), await owner.Attached(from), await owner.Attached(to));
        await owner.Expect(Errno.None, new AccessPin(moving, Iova, Page, false));
        await owner.Expect(Errno.None, new AccessReplace(moving, to));
        Assert.Equal([new UnmapNotice(moving, 0, ulong.MaxValue)], owner.Notices);
        Assert.Equal(0, iommu.Memory.Pins);
        foreach (var access in new[] { moving, stays, other }) await owner.Expect(Errno.None, new AccessPin(access, Iova, Page, false));

        await iommu.Expect(Errno.None, new IoasUnmap(to, Iova, 4 * Page));
        Assert.Equal([other, moving], owner.Notices.Skip(1).Select(notice => notice.Access).OrderByDescending(id => id.Value));
        await iommu.Expect(Errno.None, new IoasUnmap(from, Iova, 4 * Page));
        Assert.Equal([stays], owner.Notices.Skip(3).Select(notice => notice.Access));
        Assert.Equal(0, iommu.Memory.Pins);
        foreach (var access in new[] { moving, stays, other }) await owner.Expect(Errno.None, new AccessDestroy(access));
        foreach (var ioas in new[] { from, to }) await iommu.Expect(Errno.None, new Destroy(ioas));
    }

    [Fact]
    public async Task While_the_owner_is_asked_to_let_go_it_can_unpin_and_nothing_else()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        var access = await owner.Attached(ioas);
        await owner.Expect(Errno.None, new AccessPin(access, Iova, Page, false));
        var told = new TaskCompletionSource<(UnmapNotice Notice, IActorRef From)>();
        owner.OnNotice = (notice, from) => told.SetResult((notice, from));
        var detach = iommu.Call(new AccessDetach(access));
        var (notice, from) = await told.Task;
        await owner.Expect(Errno.ENOENT, new AccessPin(access, Iova, Page, false));
        await owner.Expect(Errno.ENOENT, new AccessRead(access, Iova, 1));
        await owner.Expect(Errno.EINVAL, new AccessDetach(access));
        await owner.Expect(Errno.ENOENT, new AccessReplace(access, ioas));
        await owner.Expect(Errno.EBUSY, new AccessAttach(access, ioas));
        await owner.Expect(Errno.None, new AccessUnpin(access, Iova, Page));
        Assert.False(detach.IsCompleted);
        from.Tell(new UnmapNoticed(notice));
        Assert.Equal(Errno.None, (await detach).Errno);
        await owner.Expect(Errno.None, new AccessAttach(access, ioas));
    }

    [Fact]
    public async Task The_end_of_an_access_waits_for_the_calls_in_flight_and_for_its_owner()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        var access = await owner.Attached(ioas);
        await owner.Expect(Errno.None, new AccessPin(access, Iova, Page, false));
        var told = new TaskCompletionSource<(UnmapNotice Notice, IActorRef From)>();
        owner.OnNotice = (notice, from) => told.SetResult((notice, from));
        var unmap = iommu.Call(new IoasUnmap(ioas, 0, ulong.MaxValue));
        var (notice, from) = await told.Task;
        told = new TaskCompletionSource<(UnmapNotice Notice, IActorRef From)>();
        var end = iommu.Call(new AccessDestroy(access));
        await iommu.Expect(Errno.ENOENT, new AccessDestroy(access));
        await iommu.Expect(Errno.ENOENT, new AccessPin(access, Iova, Page, false));
        Assert.False(end.IsCompleted);
        from.Tell(new UnmapNoticed(notice));
        // Then all of it is to be let go.
        (notice, from) = await told.Task;
        Assert.Equal(new UnmapNotice(access, 0, ulong.MaxValue), notice);
        Assert.False(end.IsCompleted);
        owner.OnNotice = null;
        from.Tell(new UnmapNoticed(notice));
        Assert.Equal(Errno.None, (await end).Errno);
        // It has not unpinned: the unmap gives up.
        Assert.Equal(Errno.EDEADLK, (await unmap).Errno);
    }

    [Fact]
    public async Task An_owner_that_stops_has_let_go()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        var access = await owner.Attached(ioas);
        var told = new TaskCompletionSource();
        owner.OnNotice = (_, _) => told.SetResult();
        var detach = iommu.Call(new AccessDetach(access));
        await told.Task;
        Assert.False(detach.IsCompleted);
        owner.Actor.Tell(PoisonPill.Instance);
        Assert.Equal(Errno.None, (await detach).Errno);
        await iommu.Expect(Errno.None, new AccessAttach(access, ioas));
        await iommu.Expect(Errno.None, new AccessDestroy(access));
        await iommu.Expect(Errno.None, new Destroy(ioas));
    }

    [Fact]
    public async Task A_close_ends_accesses_too()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (owner, ioas) = await Prepare(iommu);
        var access = await owner.Attached(ioas);
        await owner.Id(new AccessCreate(false));
        await owner.Expect(Errno.None, new AccessPin(access, Iova, Page, false));
        Assert.Equal(new Answer(Errno.None, 0), await iommu.Context.CloseAsync());
        Assert.Equal([new UnmapNotice(access, 0, ulong.MaxValue)], owner.Notices);
        Assert.Equal(0, iommu.Memory.Pins);
    }

    private static async Task<(AccessOwner Owner, ObjectId Ioas)> Prepare(SimulatorHarness iommu)
    {
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova, pages: 4));
        return (new AccessOwner(iommu.System, iommu.Context), ioas);
    }
}
