using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core.Ioas;

/// <summary>VFIO's type 1 unmaps parts of areas (io_pagetable.c, iopt_area_split).</summary>
public class AreaCutTests
{
    private const ulong Iova = Pagetables.Iova;
    private const ulong Page = Pagetables.Page;

    private readonly Pagetables _it = new();

    [Fact]
    public void A_hole_can_be_unmapped_from_an_area_with_its_pins()
    {
        Assert.Equal(Errno.None, _it.Ioas.DisableLargePages());
        var domain = _it.AddDomain();
        var buffer = _it.Map(_it.NewPages(8)).Pages.BaseAddress;
        Assert.True(_it.Ioas.Cut(Iova + 5 * Page - 1).Value);
        Assert.True(_it.Ioas.Cut(Iova + 2 * Page - 1).Value);
        Assert.Equal((Errno.None, 3 * Page), _it.Unmap(Iova + 2 * Page, 3 * Page));
        Assert.Equal([1, 1, 0, 0, 0, 1, 1, 1], Enumerable.Range(0, 8).Select(page => _it.Memory.PinsOf(buffer + (ulong)page * Page)));
        Assert.Equal(_it.Memory.Translate(buffer + 5 * Page), domain.Lookup(Iova + 5 * Page));
        Assert.Null(domain.Lookup(Iova + 2 * Page));
        var pages = _it.Ioas.Areas[0].Pages;
        Assert.Equal(2, pages.Holders);
        _it.Unmap();
        Assert.Equal((0, 0L), (pages.Holders, _it.Memory.PinnedTotal));
    }

    [Fact]
    public void Where_no_area_is_and_at_its_ends_nothing_is_cut()
    {
        _it.Map();
        Assert.False(_it.Ioas.Cut(Iova - 1).Value);
        Assert.False(_it.Ioas.Cut(Iova).Value);
        Assert.False(_it.Ioas.Cut(Iova + 4 * Page - 1).Value);
        Assert.Single(_it.Ioas.Areas);
    }

    [Fact]
    public void Without_a_domain_an_area_can_be_cut_at_any_byte()
    {
        _it.Map();
        Assert.True(_it.Ioas.Cut(Iova + 99).Value);
        Assert.Equal([(100UL, 0UL), (4 * Page - 100, 100UL)], _it.Ioas.Areas.Select(area => (area.LengthBytes, area.StartByte)));
    }

    [Fact]
    public void Large_pages_under_a_domain_cannot_be_cut_EINVAL()
    {
        _it.AddDomain();
        _it.Map();
        Assert.Equal(Errno.EINVAL, _it.Ioas.Cut(Iova + Page - 1).Errno);
    }

    [Fact]
    public void What_is_not_aligned_cannot_be_cut_EINVAL()
    {
        Assert.Equal(Errno.None, _it.Ioas.DisableLargePages());
        _it.Map();
        Assert.Equal(Errno.EINVAL, _it.Ioas.Cut(Iova + 99).Errno);
    }

    [Fact]
    public void An_area_that_an_access_pins_cannot_be_cut_EINVAL_and_one_that_lets_nobody_in_EBUSY()
    {
        _it.Map();
        Assert.Equal(Errno.None, _it.Ioas.PinForAccess(Iova, Page, false, false).Errno);
        Assert.Equal(Errno.EINVAL, _it.Ioas.Cut(Iova + Page - 1).Errno);
        Assert.Equal(Errno.EDEADLK, _it.Unmap().Errno);
        Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(Iova, Page, false));
        Assert.Equal(Errno.EBUSY, _it.Ioas.Cut(Iova + Page - 1).Errno);
    }

    [Fact]
    public void An_area_in_transition_cannot_be_cut_EBUSY()
    {
        _it.Map();
        _it.Ioas.Unmap(new IovaRange(0, ulong.MaxValue)).Next();
        Assert.Equal(Errno.EBUSY, _it.Ioas.Cut(Iova + Page - 1).Errno);
    }

    [Fact]
    public void A_dma_buf_cannot_be_cut_EOPNOTSUPP()
    {
        _it.Process.Files.Install(new DmaBuf(1, 0x4000_0000, 4 * Page));
        _it.Map(_it.Pages.OfFile(_it.Process, 0, 0, 4 * Page, true).Value!);
        Assert.Equal(Errno.EOPNOTSUPP, _it.Ioas.Cut(Iova + Page - 1).Errno);
    }
}
