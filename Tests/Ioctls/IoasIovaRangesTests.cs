using Iommu.Messages;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasIovaRangesTests
{
    private static readonly IovaRange Aperture = new(MockHarness.Aperture, (1UL << 31) - 1);

    [Fact]
    public async Task IOAS_IOVA_RANGES_answers_everything_and_bytes_without_a_device_and_the_aperture_and_pages_with_one()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var all = await iommu.Answer<IovaRangesAnswer>(new IoasIovaRanges(ioas, 8));
        Assert.Equal([new IovaRange(0, ulong.MaxValue)], all.Ranges);
        Assert.Equal((1UL, 1UL), (all.Alignment, all.Value));
        var hwpt = await iommu.Hwpt(await iommu.Bind(), ioas);
        var some = await iommu.Answer<IovaRangesAnswer>(new IoasIovaRanges(ioas, 1));
        Assert.Equal([Aperture], some.Ranges);
        Assert.Equal(2048UL, some.Alignment);
        await iommu.Expect(Errno.None, new Destroy(hwpt));
        Assert.Equal(all.Ranges, (await iommu.Answer<IovaRangesAnswer>(new IoasIovaRanges(ioas, 8))).Ranges);
    }

    [Fact]
    public async Task IOAS_IOVA_RANGES_leaves_out_what_is_reserved()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, new IoasReserve(ioas, 0x1000, 0x1000));
        var ranges = await iommu.Answer<IovaRangesAnswer>(new IoasIovaRanges(ioas, 8));
        Assert.Equal([new IovaRange(0, 0xfff), new(0x2000, ulong.MaxValue)], ranges.Ranges);
        await iommu.Expect(Errno.None, new IoasReserve(ioas, 0, ulong.MaxValue));
        ranges = await iommu.Answer<IovaRangesAnswer>(new IoasIovaRanges(ioas, 8));
        Assert.Equal([new IovaRange(ulong.MaxValue, ulong.MaxValue)], ranges.Ranges);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task IOAS_IOVA_RANGES_answers_EMSGSIZE_and_how_many_there_are_when_the_array_is_too_small(uint max)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, new IoasReserve(ioas, 0x1000, 0x1000));
        var answer = Assert.IsType<IovaRangesAnswer>(await iommu.Call(new IoasIovaRanges(ioas, max)));
        Assert.Equal((Errno.EMSGSIZE, 2UL, 2), (answer.Errno, answer.Value, answer.Ranges.Count));
    }

    [Fact]
    public async Task IOAS_IOVA_RANGES_answers_ENOENT_when_there_is_no_such_ioas()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.ENOENT, new IoasIovaRanges(new ObjectId(9), 8));
    }
}
