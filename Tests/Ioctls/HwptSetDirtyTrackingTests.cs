using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>IOMMU_HWPT_SET_DIRTY_TRACKING (hw_pagetable.c, iommufd_hwpt_set_dirty_tracking).</summary>
public class HwptSetDirtyTrackingTests
{
    [Fact]
    public async Task HWPT_SET_DIRTY_TRACKING_switches_the_hardware_on_and_off()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var hwpt = await Tracked(iommu);
        foreach (var flags in new[] { DirtyTrackingFlags.Enable, DirtyTrackingFlags.Enable, DirtyTrackingFlags.None })
        {
            await iommu.Expect(Errno.None, new HwptSetDirtyTracking(hwpt, flags));
            Assert.Equal(flags == DirtyTrackingFlags.Enable, iommu.First.LastPaging!.Tracking);
        }
        await iommu.BooksBalance();
        await iommu.Expect(Errno.None, new Destroy(hwpt));
    }

    [Fact]
    public async Task HWPT_SET_DIRTY_TRACKING_forgets_what_was_dirty_before_and_flushes_it()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var hwpt = await Tracked(iommu);
        var domain = iommu.First.LastPaging!;
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(new ObjectId(2), 0x10000, pages: 4));
        await iommu.Expect(Errno.None, new HwptSetDirtyTracking(hwpt, DirtyTrackingFlags.Enable));
        foreach (var iova in new ulong[] { 0x10000, 0x11000, 0x13000 }) domain.Write(iova);
        await iommu.Expect(Errno.None, new HwptSetDirtyTracking(hwpt, DirtyTrackingFlags.None));
        Assert.Empty(domain.Flushes);
        await iommu.Expect(Errno.None, new HwptSetDirtyTracking(hwpt, DirtyTrackingFlags.Enable));
        Assert.Equal([(0x10000UL, 0x2000UL), (0x13000, 0x1000)], domain.Flushes);
        var (_, answer) = await iommu.Context.CallAsync<DirtyBitmapAnswer>(
            new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.None, 0x10000, 0x4000, 0x1000));
        Assert.Equal([0], answer!.Bitmap.ToArray());
    }

    [Fact]
    public async Task HWPT_SET_DIRTY_TRACKING_answers_EOPNOTSUPP_for_an_unknown_flag_before_any_lookup()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new HwptSetDirtyTracking(GuestHarness.Missing, (DirtyTrackingFlags)2));
    }

    [Fact]
    public async Task HWPT_SET_DIRTY_TRACKING_answers_ENOENT_for_what_is_no_paging_hwpt()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, parent, viommu) = await iommu.Guest();
        var nested = await iommu.Id(GuestHarness.NestedCall(device, parent));
        foreach (var wrong in new[] { GuestHarness.Missing, device, ioas, viommu, nested })
            await iommu.Expect(Errno.ENOENT, new HwptSetDirtyTracking(wrong, DirtyTrackingFlags.Enable));
    }

    [Fact]
    public async Task HWPT_SET_DIRTY_TRACKING_answers_EOPNOTSUPP_for_an_hwpt_that_was_not_allocated_for_it()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, parent, _) = await iommu.Guest();
        await iommu.Expect(Errno.EOPNOTSUPP, new HwptSetDirtyTracking(parent, DirtyTrackingFlags.Enable));
        await iommu.Expect(Errno.EOPNOTSUPP, new HwptSetDirtyTracking(parent, DirtyTrackingFlags.None));
        await iommu.BooksBalance();
    }

    /// <summary>An HWPT that was allocated for it, on IOAS 2.</summary>
    internal static async Task<ObjectId> Tracked(GuestHarness iommu) =>
        await iommu.Id(new HwptAlloc(await iommu.Bind(), await iommu.Ioas(), HwptAllocFlags.DirtyTracking));
}
