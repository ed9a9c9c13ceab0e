using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>
/// IOMMU_HWPT_GET_DIRTY_BITMAP (hw_pagetable.c, iommufd_hwpt_get_dirty_bitmap; io_pagetable.c, iopt_read_and_clear_dirty_data).
/// </summary>
public class HwptGetDirtyBitmapTests
{
    private const ulong Base = 0x20_0000;
    private static readonly ObjectId Ioas = new(2);

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_answers_with_a_bit_for_each_page_and_clears_and_flushes_them()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var hwpt = await Tracking(iommu, pages: 10);
        foreach (var page in new[] { 0, 1, 3, 9 }) iommu.First.LastPaging!.Write(Base + (ulong)page * 4096);
        var call = new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.None, Base, 10 * 4096, 4096);
        Assert.Equal([0b0000_1011, 0b10], await Bitmap(iommu, call));
        Assert.Equal([(Base, 0x2000UL), (Base + 0x3000, 0x1000), (Base + 0x9000, 0x1000)], iommu.First.LastPaging!.Flushes);
        Assert.Equal([0, 0], await Bitmap(iommu, call));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_with_NO_CLEAR_leaves_the_bits_and_flushes_nothing()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var hwpt = await Tracking(iommu, pages: 8);
        iommu.First.LastPaging!.Write(Base + 0x2000);
        var call = new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.NoClear, Base, 8 * 4096, 4096);
        Assert.Equal([0b100], await Bitmap(iommu, call));
        Assert.Empty(iommu.First.LastPaging.Flushes);
        Assert.Equal([0b100], await Bitmap(iommu, call with { Flags = DirtyBitmapFlags.None }));
        Assert.Equal([0], await Bitmap(iommu, call));
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_sets_every_bit_of_a_large_page_and_one_bit_for_pages_that_share_it()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var hwpt = await Tracking(iommu, pages: 512 + 4, user: 4 << 20);
        var domain = iommu.First.LastPaging!;
        domain.Write(Base + 0x12345);
        domain.Write(Base + FakePagingDomain.LargePage + 0x2000);
        var call = new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.NoClear, Base, (512 + 4) * 4096, 4096);
        Assert.Equal([.. Enumerable.Repeat((byte)0xff, 64), 0b100], await Bitmap(iommu, call));
        Assert.Equal([.. Enumerable.Repeat((byte)0xff, 32), 0b10], await Bitmap(iommu, call with { PageSizeBytes = 8192 }));
        // Of a large page what is inside the range counts.
        Assert.Equal([0b11], await Bitmap(iommu, call with { Iova = Base + 0x5000, LengthBytes = 0x2000 }));
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_succeeds_over_a_hole_and_looks_at_nothing_after_it()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var hwpt = await Tracking(iommu, pages: 2);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(Ioas, Base + 0x3000));
        var domain = iommu.First.LastPaging!;
        domain.Write(Base + 0x1000);
        domain.Write(Base + 0x3000);
        Assert.Equal([0b10], await Bitmap(iommu, new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.None, Base, 0x4000, 4096)));
        Assert.Equal([1], await Bitmap(iommu, new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.None, Base + 0x3000, 0x1000, 4096)));
        Assert.Empty(await Bitmap(iommu, new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.None, 0, 1UL << 63, 4096)));
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_answers_EOPNOTSUPP_for_an_unknown_flag_before_any_lookup()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP,
            new HwptGetDirtyBitmap(GuestHarness.Missing, (DirtyBitmapFlags)2, Base, 4096, 4096));
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_answers_ENOENT_for_what_is_no_paging_hwpt()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, _, viommu) = await iommu.Guest();
        foreach (var wrong in new[] { GuestHarness.Missing, device, ioas, viommu })
            await iommu.Expect(Errno.ENOENT, new HwptGetDirtyBitmap(wrong, DirtyBitmapFlags.None, Base, 0, 0));
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_answers_EINVAL_for_a_length_or_page_size_of_0_or_a_range_that_is_not_aligned()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var hwpt = await Tracking(iommu, pages: 4);
        var call = new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.None, Base, 0x4000, 4096);
        foreach (var bad in new[]
        {
            call with { LengthBytes = 0 }, call with { PageSizeBytes = 0 },
            // To the pages of the domain, then to those of the bitmap.
            call with { Iova = Base + 0x800, PageSizeBytes = 0x800 }, call with { LengthBytes = 0x800, PageSizeBytes = 0x800 },
            call with { PageSizeBytes = 0x8000 }, call with { Iova = Base + 0x1000, PageSizeBytes = 0x2000 },
        })
            await iommu.Expect(Errno.EINVAL, bad);
        await iommu.Expect(Errno.None, call with { PageSizeBytes = 0x800 });
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_answers_EOVERFLOW_past_the_last_iova()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var hwpt = await Tracking(iommu, pages: 4);
        await iommu.Expect(Errno.EOVERFLOW, new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.None, Base, ulong.MaxValue, 4096));
        await iommu.Expect(Errno.None, new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.None, 1UL << 63, 1UL << 63, 4096));
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_answers_EOPNOTSUPP_for_an_hwpt_that_was_not_allocated_for_it_after_the_range()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, parent, _) = await iommu.Guest();
        var call = new HwptGetDirtyBitmap(parent, DirtyBitmapFlags.None, Base, 4096, 4096);
        await iommu.Expect(Errno.EINVAL, call with { LengthBytes = 0 });
        await iommu.Expect(Errno.EOPNOTSUPP, call);
        await iommu.BooksBalance();
    }

    private static async Task<byte[]> Bitmap(GuestHarness iommu, HwptGetDirtyBitmap call)
    {
        var (errno, answer) = await iommu.Context.CallAsync<DirtyBitmapAnswer>(call);
        Assert.Equal(Errno.None, errno);
        return answer!.Bitmap.ToArray();
    }

    /// <summary>An HWPT whose dirty bits are on, on an IOAS with an area at <see cref="Base"/>.</summary>
    private static async Task<ObjectId> Tracking(GuestHarness iommu, ulong pages, ulong user = 1 << 20)
    {
        var hwpt = await HwptSetDirtyTrackingTests.Tracked(iommu);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(Ioas, Base, pages, user));
        await iommu.Expect(Errno.None, new HwptSetDirtyTracking(hwpt, DirtyTrackingFlags.Enable));
        return hwpt;
    }
}
