using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasAllowIovasTests
{
    private const ulong Page = 4096;

    [Fact]
    public async Task IOAS_ALLOW_IOVAS_confines_automatic_maps_and_no_others()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, Allow(ioas, new(200 * Page, 202 * Page - 1), new(300 * Page, 301 * Page - 1)));
        var map = new IoasMap(ioas, IoasMapFlags.Readable, iommu.Allocate(), Page);
        foreach (var page in new[] { 200UL, 201UL, 300UL }) Assert.Equal(page * Page, await iommu.Value(map));
        await iommu.Expect(Errno.ENOSPC, map);
        await iommu.Map(ioas, iommu.Allocate(), iova: 10 * Page);
        await iommu.Expect(Errno.None, Allow(ioas));
        Assert.Equal(Page, await iommu.Value(map));
    }

    [Fact]
    public async Task IOAS_ALLOW_IOVAS_replaces_the_whole_list_or_nothing()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, new IoasReserve(ioas, 500 * Page, Page));
        await iommu.Expect(Errno.None, Allow(ioas, new IovaRange(200 * Page, 201 * Page)));
        await iommu.Expect(Errno.EADDRINUSE, Allow(ioas, new(300 * Page, 301 * Page), new(499 * Page, 500 * Page)));
        Assert.Equal(200 * Page, await iommu.Value(new IoasMap(ioas, IoasMapFlags.Readable, iommu.Allocate(), Page)));
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(6, 5)]
    public async Task IOAS_ALLOW_IOVAS_answers_EINVAL_when_a_range_does_not_end_after_its_start(ulong start, ulong last)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, Allow(await iommu.Ioas(), new IovaRange(start, last)));
    }

    [Fact]
    public async Task IOAS_ALLOW_IOVAS_answers_EINVAL_when_ranges_overlap()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, Allow(await iommu.Ioas(), new(10, 20), new(30, 40), new(20, 25)));
    }

    [Fact]
    public async Task IOAS_ALLOW_IOVAS_answers_EADDRINUSE_when_a_device_has_reserved_a_part()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Hwpt(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.EADDRINUSE, Allow(ioas, new IovaRange(MockHarness.Aperture - 1, MockHarness.Aperture)));
        await iommu.Expect(Errno.None, Allow(ioas, new IovaRange(MockHarness.Aperture, MockHarness.Aperture + 1)));
    }

    [Fact]
    public async Task IOAS_ALLOW_IOVAS_answers_ENOENT_when_there_is_no_such_ioas()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.ENOENT, Allow(new ObjectId(9)));
        await iommu.Expect(Errno.ENOENT, Allow(await iommu.Bind(), new IovaRange(5, 5)));
    }

    [Fact]
    public async Task ADD_RESERVED_keeps_maps_out_and_answers_EADDRINUSE_where_something_is()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Map(ioas, iommu.Allocate(), iova: 0x4000);
        await iommu.Expect(Errno.None, Allow(ioas, new IovaRange(0x10000, 0x1ffff)));
        await iommu.Expect(Errno.EADDRINUSE, new IoasReserve(ioas, 0x3000, 0x1001));
        await iommu.Expect(Errno.EADDRINUSE, new IoasReserve(ioas, 0x1ffff, 1));
        await iommu.Expect(Errno.EINVAL, new IoasReserve(ioas, 0x3000, 0));
        await iommu.Expect(Errno.EOVERFLOW, new IoasReserve(ioas, ulong.MaxValue, 2));
        await iommu.Expect(Errno.ENOENT, new IoasReserve(new ObjectId(9), 0x3000, 0x1000));
        await iommu.Expect(Errno.None, new IoasReserve(ioas, 0x3000, 0x1000));
        await iommu.Expect(Errno.EINVAL, new IoasMap(
            ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, iommu.Allocate(), Page, 0x3000));
    }

    private static IoasAllowIovas Allow(ObjectId ioas, params IovaRange[] ranges) => new(ioas, ranges);
}
