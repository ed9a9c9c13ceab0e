using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>IOMMU_TEST_OP_DIRTY.</summary>
public sealed class MockSetDirtyTests : IAsyncLifetime
{
    private const ulong Granule = 2048;

    private readonly MockHarness _iommu = new();
    private ObjectId _hwpt;
    private ulong _bitmap;

    private IDirtyTracker Tracker => ((IPagingDomain)_iommu.Context.Table.Find(_hwpt)!.Hardware!).Dirty!;

    public async Task InitializeAsync()
    {
        await _iommu.OpenAsync();
        var ioas = await _iommu.Ioas();
        _hwpt = await _iommu.Hwpt(await _iommu.Bind(), ioas, HwptAllocFlags.DirtyTracking);
        // Mapped one by one and backwards, so that no two make a larger page.
        var buffer = _iommu.Allocate(4);
        for (var i = 0UL; i < 4; i++) await _iommu.Map(ioas, buffer + (3 - i) * 4096, iova: MockHarness.Aperture + i * 4096);
        _bitmap = _iommu.Allocate();
        Tracker.Tracking = true;
    }

    public async Task DisposeAsync() => await _iommu.DisposeAsync();

    [Fact]
    public async Task DIRTY_sets_the_pages_whose_bits_are_set_and_counts_the_bits()
    {
        // Two granules to a page: bits 1 and 4 are of the first and the third page, bit 9 is of none.
        _iommu.Memory.Write(_bitmap, [0b0001_0010, 0b10]);
        Assert.Equal(3UL, await _iommu.Value(Dirty(length: 10 * Granule)));
        var pages = new List<ulong>();
        Tracker.Read(MockHarness.Aperture, 8 * Granule, true, (iova, _) => pages.Add(iova));
        Assert.Equal([MockHarness.Aperture, MockHarness.Aperture + 4 * Granule], pages);
    }

    [Fact]
    public async Task DIRTY_answers_EINVAL_for_nothing_or_misaligned_or_a_domain_without_tracking()
    {
        await _iommu.Expect(Errno.EINVAL, Dirty() with { PageSizeBytes = 0 });
        await _iommu.Expect(Errno.EINVAL, Dirty(length: 0));
        await _iommu.Expect(Errno.EINVAL, Dirty() with { BitmapAddress = 0 });
        await _iommu.Expect(Errno.EINVAL, Dirty() with { Iova = MockHarness.Aperture + 1 });
        await _iommu.Expect(Errno.EINVAL, Dirty(length: Granule + 1));
        Tracker.Tracking = false;
        await _iommu.Expect(Errno.EINVAL, Dirty());
    }

    [Fact]
    public async Task DIRTY_answers_EOVERFLOW_above_128_million_bits()
    {
        await _iommu.Expect(Errno.EOVERFLOW, Dirty() with { Iova = 0, PageSizeBytes = 1, LengthBytes = (1UL << 27) + 1 });
        await _iommu.Expect(Errno.EFAULT, Dirty() with { Iova = 0, PageSizeBytes = 1, LengthBytes = 1UL << 27 });
    }

    [Fact]
    public async Task DIRTY_answers_EFAULT_where_the_process_has_no_bits() =>
        await _iommu.Expect(Errno.EFAULT, Dirty() with { BitmapAddress = 0x1000 });

    [Fact]
    public async Task DIRTY_answers_ENOENT_for_what_is_no_paging_HWPT() =>
        await _iommu.Expect(Errno.ENOENT, Dirty() with { Hwpt = new ObjectId(99) });

    private MockSetDirty Dirty(ulong length = Granule) => new(_hwpt, MockHarness.Aperture, length, Granule, _bitmap);
}
