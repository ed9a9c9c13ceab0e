using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core.Ioas;

/// <summary>Whom pins are charged to, and what happens at the limit.</summary>
public class PinAccountTests
{
    private const ulong Iova = Pagetables.Iova;
    private const ulong Page = Pagetables.Page;

    private readonly Pagetables _it = new();

    [Fact]
    public void Nothing_is_pinned_or_charged_without_a_domain_or_an_access()
    {
        _it.Map();
        Assert.Equal((0L, 0L, 0L), Charged());
        _it.AddDomain();
        Assert.Equal((4L, 0L, 4L), Charged());
        _it.Unmap();
        Assert.Equal((0L, 0L, 0L), Charged());
    }

    [Fact]
    public void A_copy_costs_nothing_and_the_last_area_gives_the_charge_back()
    {
        var other = new IoPagetable();
        _it.AddDomain();
        _it.AddDomain(other);
        _it.AddDomain();
        _it.Map();
        Assert.Equal(Errno.None, _it.Copy(Iova + Page, 2 * Page, other, Iova));
        Assert.Equal(Errno.None, _it.Copy(Iova, Page, _it.Ioas, Iova + 0x10_0000));
        Assert.Equal((4L, 0L, 4L), Charged());
        Assert.Equal((Errno.None, 5 * Page), _it.Unmap());
        Assert.Equal((2L, 0L, 2L), Charged());
        Assert.Equal((Errno.None, 2 * Page), _it.Unmap(ioas: other));
        Assert.Equal((0L, 0L, 0L), Charged());
    }

    [Fact]
    public void Over_the_limit_is_ENOMEM_and_leaves_nothing()
    {
        _it.AddDomain();
        _it.Process.MemlockLimitBytes = 6 * Page + 100;
        _it.Map();
        var mapping = _it.Ioas.Map([PagesSlice.All(_it.NewPages(3))], Iova + 0x10_0000, Iommu.Hardware.Access.Read);
        Assert.Equal((Errno.ENOMEM, 0), (mapping.Errno, mapping.Undone.Count));
        Assert.Equal((4L, 0L, 4L), Charged());
        Assert.Equal(4, _it.Memory.PinnedTotal);
        _it.Map(_it.NewPages(2), Iova + 0x10_0000);
    }

    [Fact]
    public void Processes_of_one_user_share_its_count_and_each_is_held_to_its_own_limit()
    {
        var sibling = _it.NewProcess(_it.Process.User);
        _it.AddDomain();
        _it.Map(iova: Iova);
        sibling.MemlockLimitBytes = 5 * Page;
        var refused = _it.Ioas.Map([PagesSlice.All(_it.NewPages(2, process: sibling))], Iova + 0x10_0000, Iommu.Hardware.Access.Read);
        Assert.Equal(Errno.ENOMEM, refused.Errno);
        _it.Map(_it.NewPages(1, process: sibling), Iova + 0x10_0000);
        Assert.Equal((5L, 4L, 1L), (_it.Process.User.LockedPages, _it.Process.PinnedPages, sibling.PinnedPages));
    }

    [Fact]
    public void With_the_mode_of_VFIO_the_process_itself_is_charged()
    {
        _it.Pages.CountsByProcess = true;
        _it.AddDomain();
        _it.Process.MemlockLimitBytes = 4 * Page;
        _it.Map();
        Assert.Equal((0L, 4L, 4L), Charged());
        Assert.Equal(Errno.ENOMEM, _it.Ioas.Map([PagesSlice.All(_it.NewPages(1))], Iova + 0x10_0000, Iommu.Hardware.Access.Read).Errno);
        _it.Unmap();
        Assert.Equal((0L, 0L, 0L), Charged());
    }

    [Fact]
    public void A_process_with_CAP_IPC_LOCK_is_counted_but_not_charged()
    {
        var free = new UserProcess(_it.Memory) { Capabilities = ProcessCapabilities.IpcLock, MemlockLimitBytes = 0 };
        _it.AddDomain();
        _it.Map(_it.NewPages(process: free));
        Assert.Equal((0L, 0L, 4L), (free.User.LockedPages, free.Own.LockedPages, free.PinnedPages));
    }

    [Fact]
    public void What_an_access_pins_is_charged_too()
    {
        _it.Map();
        _it.Process.MemlockLimitBytes = 2 * Page;
        Assert.Equal(Errno.ENOMEM, _it.Ioas.PinForAccess(Iova, 3 * Page, false, false).Errno);
        Assert.Equal(Errno.None, _it.Ioas.PinForAccess(Iova, 2 * Page, false, false).Errno);
        Assert.Equal((2L, 0L, 2L), Charged());
        Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(Iova, 2 * Page, false));
        Assert.Equal((0L, 0L, 0L), Charged());
    }

    [Fact]
    public void A_domain_that_comes_when_the_limit_is_too_low_is_refused_and_pins_nothing()
    {
        _it.Map(iova: Iova);
        _it.Map(iova: Iova + 0x10_0000);
        _it.Process.MemlockLimitBytes = 7 * Page;
        var domain = _it.NewDomain();
        Assert.Equal(Errno.ENOMEM, _it.Ioas.AddDomain(domain));
        Assert.Equal((0L, 0L, 0L), Charged());
        Assert.Equal((0L, 0), (_it.Memory.PinnedTotal, _it.Ioas.Domains.Count));
        Assert.Null(domain.Lookup(Iova));
        Assert.Equal(1UL, _it.Ioas.IovaAlignment);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_change_of_process_moves_every_charge_once(bool byProcess)
    {
        _it.Pages.CountsByProcess = byProcess;
        _it.AddDomain();
        _it.NewFile(8);
        var pages = _it.Pages.OfFile(_it.Process, 0, 0, 4 * Page, true).Value!;
        _it.Map(pages);
        Assert.Equal(Errno.None, _it.Copy(Iova, Page, _it.Ioas, Iova + 0x10_0000));
        var heir = _it.NewProcess();
        Assert.Equal(Errno.None, ProcessChange.Check(_it.Ioas.Areas));
        Assert.Equal(Errno.None, ProcessChange.Apply(_it.Ioas.Areas.Select(area => area.Pages), heir));
        Assert.Equal((0L, 0L, 0L), Charged());
        Assert.Equal(byProcess ? (0L, 4L, 4L) : (4L, 0L, 4L), Charged(heir));
        _it.Unmap();
        Assert.Equal((0L, 0L, 0L), Charged(heir));
    }

    [Fact]
    public void A_change_to_a_process_without_room_is_ENOMEM_and_moves_nothing()
    {
        _it.AddDomain();
        _it.NewFile(8);
        _it.Map(_it.Pages.OfFile(_it.Process, 0, 0, 4 * Page, true).Value!);
        _it.Pages.CountsByProcess = true;
        _it.Map(_it.Pages.OfFile(_it.Process, 0, 4 * Page, 2 * Page, true).Value!, Iova + 0x10_0000);
        var heir = _it.NewProcess();
        heir.MemlockLimitBytes = 4 * Page;
        Assert.Equal(Errno.None, ProcessChange.Apply([], heir));
        // The user's four fit, then the process's two do as well; one less, and none is moved.
        heir.Own.TryCharge(3, long.MaxValue);
        Assert.Equal(Errno.ENOMEM, ProcessChange.Apply(_it.Ioas.Areas.Select(area => area.Pages), heir));
        Assert.Equal((4L, 2L, 6L), Charged());
        Assert.Equal((0L, 3L, 0L), Charged(heir));
    }

    [Fact]
    public void Memory_of_a_process_cannot_change_hands_EINVAL()
    {
        _it.Map();
        Assert.Equal(Errno.EINVAL, ProcessChange.Check(_it.Ioas.Areas));
    }

    private (long User, long Own, long Pinned) Charged(UserProcess? process = null)
    {
        var who = process ?? _it.Process;
        return (who.User.LockedPages, who.Own.LockedPages, who.PinnedPages);
    }
}
