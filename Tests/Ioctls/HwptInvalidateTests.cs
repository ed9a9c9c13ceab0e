using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>IOMMU_HWPT_INVALIDATE (hw_pagetable.c, iommufd_hwpt_invalidate).</summary>
public class HwptInvalidateTests
{
    private const int EntryBytes = 16;

    [Fact]
    public async Task HWPT_INVALIDATE_on_a_viommu_or_a_nested_hwpt_answers_with_the_entries_handled()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        foreach (var target in await Targets(iommu))
        {
            var before = iommu.First.Queue.ConsumedTotal;
            Assert.Equal(new Answer(Errno.None, 4), await iommu.Call(Call(target)));
            Assert.Equal(before + 4, iommu.First.Queue.ConsumedTotal);
        }
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HWPT_INVALIDATE_writes_back_the_entries_before_the_one_that_is_refused()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        foreach (var target in await Targets(iommu))
        {
            var before = iommu.First.Queue.ConsumedTotal;
            Assert.Equal(new Answer(Errno.EIO, 2), await iommu.Call(Call(target, refused: 2)));
            Assert.Equal(before + 2, iommu.First.Queue.ConsumedTotal);
            Assert.Equal(new Answer(Errno.EIO, 0), await iommu.Call(Call(target, refused: 0)));
        }
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HWPT_INVALIDATE_without_entries_asks_whether_the_type_is_supported()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        foreach (var target in await Targets(iommu))
        {
            var probe = new HwptInvalidate(target, FakeIommu.InvalidateData, 0, 0, default);
            Assert.Equal(new Answer(Errno.None, 0), await iommu.Call(probe));
            Assert.Equal(new Answer(Errno.EINVAL, 0), await iommu.Call(probe with { DataType = InvalidateDataType.VtdS1 }));
        }
    }

    [Fact]
    public async Task HWPT_INVALIDATE_answers_EINVAL_for_a_bad_array_before_any_lookup_and_writes_back_0()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var call = Call(GuestHarness.Missing);
        foreach (var bad in new[]
        {
            call with { Entries = default }, call with { EntryLength = 0 }, call with { EntryLength = 4097 },
            call with { EntryNum = (1 << 19) + 1 }, call with { EntryNum = -1 },
        })
            Assert.Equal(new Answer(Errno.EINVAL, 0), await iommu.Call(bad));
    }

    [Fact]
    public async Task HWPT_INVALIDATE_answers_ENOENT_for_a_missing_target_and_EINVAL_for_another_kind_of_object()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, parent, _) = await iommu.Guest();
        Assert.Equal(new Answer(Errno.ENOENT, 0), await iommu.Call(Call(GuestHarness.Missing)));
        Assert.Equal(new Answer(Errno.ENOENT, 0), await iommu.Call(Call(GuestHarness.Missing) with { Entries = new byte[1] }));
        foreach (var wrong in new[] { device, ioas, parent })
            Assert.Equal(new Answer(Errno.EINVAL, 0), await iommu.Call(Call(wrong)));
    }

    [Fact]
    public async Task HWPT_INVALIDATE_answers_EINVAL_for_a_type_that_the_driver_has_not()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        foreach (var target in await Targets(iommu))
            Assert.Equal(new Answer(Errno.EINVAL, 0), await iommu.Call(Call(target) with { DataType = InvalidateDataType.VtdS1 }));
    }

    [Fact]
    public async Task HWPT_INVALIDATE_answers_EFAULT_for_an_array_that_ends_too_soon()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        foreach (var target in await Targets(iommu))
            Assert.Equal(new Answer(Errno.EFAULT, 0), await iommu.Call(Call(target) with { EntryNum = 5 }));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HWPT_INVALIDATE_answers_EOPNOTSUPP_when_the_driver_cannot_invalidate_such_a_domain()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        var nested = await iommu.Id(GuestHarness.NestedCall(device, viommu));
        Assert.Equal(new Answer(Errno.EOPNOTSUPP, 0), await iommu.Call(Call(nested)));
        Assert.Equal(new Answer(Errno.EOPNOTSUPP, 0), await iommu.Call(Call(nested) with { EntryNum = 5 }));
        Assert.Equal(new Answer(Errno.EOPNOTSUPP, 0), await iommu.Call(Call(nested) with { EntryNum = 0 }));
        await iommu.BooksBalance();
    }

    private static async Task<ObjectId[]> Targets(GuestHarness iommu)
    {
        var (device, _, parent, viommu) = await iommu.Guest();
        return [viommu, await iommu.Id(GuestHarness.NestedCall(device, parent))];
    }

    private static HwptInvalidate Call(ObjectId target, int refused = -1)
    {
        var entries = new byte[4 * EntryBytes];
        if (refused >= 0) entries[refused * EntryBytes] = 0xff;
        return new HwptInvalidate(target, FakeIommu.InvalidateData, EntryBytes, 4, entries);
    }
}
