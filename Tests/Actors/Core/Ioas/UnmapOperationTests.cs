using Iommu.Actors.Core.Ioas;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core.Ioas;

public class UnmapOperationTests
{
    private const ulong Iova = Pagetables.Iova;
    private const ulong Page = Pagetables.Page;

    private readonly Pagetables _it = new();

    [Fact]
    public void While_an_area_is_torn_down_its_IOVAs_are_taken_and_another_unmap_is_refused()
    {
        _it.AddDomain();
        _it.Map();
        var operation = _it.Ioas.Unmap(new IovaRange(Iova, Iova + 4 * Page - 1));
        var torn = operation.Next().TearDown!;
        Assert.Equal(AreaState.TearingDown, Assert.Single(torn).State);
        Assert.Equal(Errno.EEXIST, _it.Ioas.Map([PagesSlice.All(_it.NewPages())], Iova + Page, Iommu.Hardware.Access.Read).Errno);
        Assert.Equal((Errno.EBUSY, 0UL), _it.Unmap());
        Assert.Equal(Errno.ENOENT, _it.Ioas.GetPages(Iova, Page).Errno);
        Assert.Equal(Errno.ENOENT, _it.Ioas.PinForAccess(Iova, Page, false, false).Errno);
        Assert.Equal(4, _it.Memory.PinnedTotal);
        _it.Ioas.Finish(torn);
        Assert.Equal(0, _it.Memory.PinnedTotal);
        Assert.Equal((UnmapStep)default, operation.Next());
        _it.Map();
    }

    [Fact]
    public void What_is_mapped_where_it_has_already_been_is_not_unmapped()
    {
        _it.Map(iova: Iova);
        _it.Map(iova: Iova + 0x10000);
        var hold = _it.Ioas.PinForAccess(Iova + 0x10000, Page, write: false, lockArea: false);
        Assert.Equal(Errno.None, hold.Errno);
        var operation = _it.Ioas.Unmap(new IovaRange(0, ulong.MaxValue));
        _it.Ioas.Finish(operation.Next().TearDown!);
        Assert.Equal(Iova + 0x10000, operation.Next().Asked!.Iova);
        _it.Map(iova: Iova);
        Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(Iova + 0x10000, Page, lockArea: false));
        _it.Ioas.Finish(operation.Next().TearDown!);
        Assert.Equal((Errno.None, 8 * Page), (operation.Next().Errno, operation.UnmappedBytes));
        Assert.Equal(Iova, Assert.Single(_it.Ioas.Areas).Iova);
    }

    [Fact]
    public void An_access_that_never_lets_go_is_asked_101_times_and_keeps_its_area_for_ever_EDEADLK()
    {
        _it.Map();
        Assert.Equal(Errno.None, _it.Ioas.PinForAccess(Iova + Page, Page, write: true, lockArea: false).Errno);
        var operation = _it.Ioas.Unmap(new IovaRange(0, ulong.MaxValue));
        var asked = 0;
        UnmapStep step;
        while ((step = operation.Next()).Asked is not null) asked++;
        Assert.Equal((101, Errno.EDEADLK), (asked, step.Errno));
        Assert.True(_it.Ioas.Areas[0].PreventsAccess);
        Assert.Equal(Errno.EINVAL, _it.Ioas.PinForAccess(Iova, Page, write: false, lockArea: false).Errno);
        Assert.Equal(Errno.EINVAL, _it.Ioas.Read(Iova, 1).Errno);
        Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(Iova + Page, Page, lockArea: false));
        Assert.Equal((Errno.None, 4 * Page), _it.Unmap());
    }

    [Fact]
    public void Tries_are_counted_for_each_area_anew()
    {
        _it.Map(iova: Iova);
        _it.Map(iova: Iova + 0x10000);
        foreach (var iova in new[] { Iova, Iova + 0x10000 })
            Assert.Equal(Errno.None, _it.Ioas.PinForAccess(iova, Page, write: false, lockArea: false).Errno);
        var operation = _it.Ioas.Unmap(new IovaRange(0, ulong.MaxValue));
        foreach (var iova in new[] { Iova, Iova + 0x10000 })
        {
            for (var tries = 0; tries < 100; tries++) Assert.Equal(iova, operation.Next().Asked!.Iova);
            Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(iova, Page, lockArea: false));
            _it.Ioas.Finish(operation.Next().TearDown!);
        }
        Assert.Equal(Errno.None, operation.Next().Errno);
    }

    [Fact]
    public void B18_pages_that_an_access_pins_stay_pinned_when_their_domain_goes_and_no_others()
    {
        // The unpin walked past the part that the access holds.
        var domain = _it.AddDomain();
        var area = _it.Map(_it.NewPages(8));
        Assert.Equal(Errno.None, _it.Ioas.PinForAccess(Iova + 2 * Page, 3 * Page, write: false, lockArea: false).Errno);
        _it.Ioas.RemoveDomain(domain);
        Assert.Equal([0, 0, 1, 1, 1, 0, 0, 0], Enumerable.Range(0, 8).Select(page => PinsOf(area, page)));
        _it.AddDomain();
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1], Enumerable.Range(0, 8).Select(page => PinsOf(area, page)));
        Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(Iova + 2 * Page, 3 * Page, lockArea: false));
        Assert.Equal((Errno.None, 8 * Page), _it.Unmap());
        Assert.Equal((0L, 0L), (_it.Memory.PinnedTotal, _it.Process.User.LockedPages));
    }

    [Fact]
    public void B25_bytes_unmapped_before_the_area_that_fails_are_reported()
    {
        _it.Map(iova: Iova);
        _it.Map(iova: Iova + 4 * Page);
        Assert.Equal((Errno.ENOENT, 4 * Page), _it.Unmap(Iova, 6 * Page));
    }

    [Fact]
    public void An_area_locked_by_a_hardware_queue_is_EBUSY_and_nobody_is_asked()
    {
        _it.Map();
        Assert.Equal(Errno.None, _it.Ioas.PinForAccess(Iova, Page, write: false, lockArea: true).Errno);
        // The lock comes before the cut.
        Assert.Equal((Errno.EBUSY, 0UL), _it.Unmap(Iova, Page));
        Assert.Equal((Errno.EBUSY, 0UL), _it.Unmap());
        Assert.False(_it.Ioas.Areas[0].PreventsAccess);
        Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(Iova, Page, lockArea: true));
        Assert.Equal((Errno.ENOENT, 0UL), _it.Unmap(Iova, Page));
        Assert.Equal((Errno.None, 4 * Page), _it.Unmap());
    }

    private int PinsOf(IoArea area, int page) => _it.Memory.PinsOf(area.Pages.BaseAddress + (ulong)page * Page);
}
