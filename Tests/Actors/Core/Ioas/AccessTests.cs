using Iommu.Actors.Core.Ioas;
using Iommu.Hardware;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core.Ioas;

/// <summary>What a driver may pin, read and write of an IOAS (device.c, iommufd_access_*).</summary>
public class AccessTests
{
    private const ulong Iova = Pagetables.Iova;
    private const ulong Page = Pagetables.Page;

    private readonly Pagetables _it = new();

    [Fact]
    public void Pages_are_pinned_across_areas_and_told_in_order()
    {
        var first = _it.Map(_it.NewPages(2), Iova);
        var second = _it.Map(_it.NewPages(2), Iova + 2 * Page);
        var pinned = _it.Ioas.PinForAccess(Iova + Page, 2 * Page, write: true, lockArea: false).Value!;
        Assert.Equal([Translate(first, 1), Translate(second, 0)], pinned);
        Assert.Equal((1, 1), (first.Accesses, second.Accesses));
        Assert.Equal(2, _it.Memory.PinnedTotal);
    }

    [Fact]
    public void The_same_range_can_be_pinned_twice_with_one_pin()
    {
        _it.Map();
        for (var i = 0; i < 2; i++) Assert.Equal(Errno.None, _it.Ioas.PinForAccess(Iova, 2 * Page, false, false).Errno);
        Assert.Equal(2, _it.Memory.PinnedTotal);
        Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(Iova, 2 * Page, false));
        Assert.Equal(2, _it.Memory.PinnedTotal);
        Assert.Equal(Errno.None, _it.Ioas.UnpinForAccess(Iova, 2 * Page, false));
        Assert.Equal(0, _it.Memory.PinnedTotal);
    }

    [Fact]
    public void What_was_not_pinned_so_cannot_be_unpinned_EINVAL()
    {
        _it.Map();
        Assert.Equal(Errno.None, _it.Ioas.PinForAccess(Iova, 2 * Page, false, false).Errno);
        Assert.Equal(Errno.EINVAL, _it.Ioas.UnpinForAccess(Iova, Page, false));
        Assert.Equal(Errno.EINVAL, _it.Ioas.UnpinForAccess(Iova, 2 * Page, lockArea: true));
        Assert.Equal(Errno.EINVAL, _it.Ioas.UnpinForAccess(Iova + 0x10_0000, Page, false));
        Assert.Equal(Errno.EINVAL, _it.Ioas.UnpinForAccess(Iova, 0, false));
        Assert.Equal(2, _it.Memory.PinnedTotal);
    }

    [Fact]
    public void Errors_of_a_pin_are_the_kernels_and_leave_nothing_pinned()
    {
        _it.Map(_it.NewPages(2), Iova);
        _it.Map(_it.NewPages(2, writable: false), Iova + 2 * Page, Access.Read);
        _it.Map(_it.NewPages(2), Iova + 4 * Page, Access.Write);
        Assert.Equal(Errno.EINVAL, Pin(Iova, 0));
        Assert.Equal(Errno.EOVERFLOW, Pin(ulong.MaxValue, 2));
        Assert.Equal(Errno.ENOENT, Pin(Iova - Page, 2 * Page));
        Assert.Equal(Errno.EPERM, Pin(Iova + Page, 2 * Page, write: true));
        Assert.Equal(Errno.EPERM, Pin(Iova + 3 * Page, 2 * Page));
        Assert.Equal(Errno.ENOENT, Pin(Iova + 5 * Page, 3 * Page, write: true));
        Assert.Equal(Errno.EINVAL, Pin(Iova + 16, Page));
        Assert.Equal(0, _it.Memory.PinnedTotal);
        Assert.All(_it.Ioas.Areas, area => Assert.Equal((0, 0), (area.Accesses, area.Locks)));
        // It need not end with a page where it ends.
        Assert.Equal(Errno.None, Pin(Iova, Page + 16));
    }

    [Fact]
    public void Areas_that_do_not_meet_at_a_page_of_memory_cannot_be_pinned_across_EINVAL()
    {
        var memory = _it.Memory.Allocate(4 * Page).Value;
        _it.Map(_it.Pages.OfMemory(_it.Process, memory, 2048, true).Value!, Iova);
        _it.Map(_it.Pages.OfMemory(_it.Process, memory + Page, Page, true).Value!, Iova + 2048);
        Assert.Equal(Errno.EINVAL, Pin(Iova, Page));
        Assert.Equal(Errno.None, Pin(Iova, 2048));
        Assert.Equal(Errno.None, Pin(Iova + 2048, Page));
    }

    [Fact]
    public void Memory_that_the_process_has_not_is_EFAULT_and_a_file_without_memory_EINVAL()
    {
        _it.Map(_it.Pages.OfMemory(_it.Process, 0x1000, 2 * Page, true).Value!, Iova);
        _it.Map(OfPlainFile(), Iova + 0x10_0000);
        Assert.Equal(Errno.EFAULT, Pin(Iova, Page));
        Assert.Equal(Errno.EFAULT, _it.Ioas.Read(Iova, 5).Errno);
        Assert.Equal(Errno.EFAULT, _it.Ioas.Write(Iova, new byte[5]));
        Assert.Equal(Errno.EINVAL, Pin(Iova + 0x10_0000, Page));
        Assert.Equal(Errno.EINVAL, _it.Ioas.Read(Iova + 0x10_0000, 5).Errno);
        Assert.Equal(Errno.EFAULT, _it.Ioas.AddDomain(_it.NewDomain()));
        _it.Unmap(Iova, 2 * Page);
        Assert.Equal(Errno.EINVAL, _it.Ioas.AddDomain(_it.NewDomain()));
    }

    [Fact]
    public void A_dma_buf_can_be_neither_pinned_nor_copied_EINVAL()
    {
        _it.Process.Files.Install(new DmaBuf(1, 0x4000_0000, 2 * Page));
        _it.Map(_it.Pages.OfFile(_it.Process, 0, 0, 2 * Page, false).Value!, access: Access.Read);
        Assert.Equal(Errno.EINVAL, Pin(Iova, Page));
        Assert.Equal(Errno.EINVAL, _it.Ioas.Read(Iova, 5).Errno);
    }

    [Fact]
    public void Bytes_are_copied_across_pages_and_areas_whatever_is_pinned()
    {
        var (first, second) = (_it.Map(_it.NewPages(2), Iova), _it.Map(_it.NewPages(2), Iova + 2 * Page));
        var bytes = Enumerable.Range(0, 3 * 4096).Select(i => (byte)(i * 7)).ToArray();
        Assert.Equal(Errno.None, _it.Ioas.Write(Iova + 100, bytes));
        Assert.Equal(bytes, _it.Ioas.Read(Iova + 100, (ulong)bytes.Length).Value);
        _it.AddDomain();
        Assert.Equal(bytes, _it.Ioas.Read(Iova + 100, (ulong)bytes.Length).Value);
        var back = new byte[5];
        _it.Memory.Read(second.Pages.BaseAddress + 17, back);
        Assert.Equal(bytes[(2 * 4096 - 100 + 17)..][..5], back);
        // What a device sees, also when the process has given the memory back.
        _it.Memory.Free(first.Pages.BaseAddress);
        Assert.Equal(bytes, _it.Ioas.Read(Iova + 100, (ulong)bytes.Length).Value);
        Assert.Equal(Errno.None, _it.Ioas.Write(Iova + 100, new byte[] { 1 }));
        Assert.Equal(1, _it.Ioas.Read(Iova + 100, 1).Value![0]);
    }

    [Fact]
    public void Errors_of_a_copy_are_the_kernels()
    {
        _it.Map(_it.NewPages(2, writable: false), Iova, Access.Read);
        _it.Map(_it.NewPages(2), Iova + 2 * Page, Access.Write);
        Assert.Equal(Errno.EINVAL, _it.Ioas.Read(Iova, 0).Errno);
        Assert.Equal(Errno.EINVAL, _it.Ioas.Write(Iova, default));
        Assert.Equal(Errno.EOVERFLOW, _it.Ioas.Read(ulong.MaxValue, 2).Errno);
        Assert.Equal(Errno.ENOENT, _it.Ioas.Read(Iova - 1, 2).Errno);
        Assert.Equal(Errno.EPERM, _it.Ioas.Write(Iova, new byte[1]));
        Assert.Equal(Errno.EPERM, _it.Ioas.Read(Iova + 2 * Page - 1, 2).Errno);
        Assert.Equal(Errno.ENOENT, _it.Ioas.Write(Iova + 4 * Page - 1, new byte[2]));
        // A length is no measure of what there is.
        Assert.Equal(Errno.EPERM, _it.Ioas.Read(Iova, 1UL << 60).Errno);
    }

    [Fact]
    public void An_access_that_pins_asks_for_whole_pages_of_everything_EADDRINUSE()
    {
        _it.Map(_it.Pages.OfMemory(_it.Process, _it.Memory.Allocate(Page).Value, 100, true).Value!);
        Assert.Equal(Errno.None, _it.Ioas.AddAccess("reads", pins: false));
        Assert.Equal(Errno.EADDRINUSE, _it.Ioas.AddAccess("pins", pins: true));
        Assert.Equal(1UL, _it.Ioas.IovaAlignment);
        _it.Unmap();
        Assert.Equal(Errno.None, _it.Ioas.AddAccess("pins", pins: true));
        Assert.Equal(Page, _it.Ioas.IovaAlignment);
        _it.Ioas.RemoveAccess("pins");
        Assert.Equal(1UL, _it.Ioas.IovaAlignment);
    }

    private PinnedPages OfPlainFile() =>
        _it.Pages.OfFile(_it.Process, _it.Process.Files.Install(new PlainFile()).Value, 0, 2 * Page, true).Value!;

    private Errno Pin(ulong iova, ulong length, bool write = false) => _it.Ioas.PinForAccess(iova, length, write, lockArea: false).Errno;

    private ulong Translate(IoArea area, ulong page) => _it.Memory.Translate(area.Pages.BaseAddress + page * Page)!.Value;

    private sealed class PlainFile : IOpenFile
    {
        public void Closed()
        {
        }
    }
}
