using Iommu.Actors.Core.Ioas;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core.Ioas;

public class AllowedRangesTests
{
    [Fact]
    public void What_is_loaded_is_refused_exactly_when_a_range_ends_too_early_or_overlaps_another()
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            var ranges = Enumerable.Range(0, random.Next(6))
                .Select(_ => new IovaRange((ulong)random.Next(30), (ulong)random.Next(40))).ToList();
            var bad = ranges.Exists(range => range.Start >= range.Last) || ranges.Where((range, i) =>
                ranges.Take(i).Any(other => other.Start <= range.Last && range.Start <= other.Last)).Any();
            Assert.Equal((round, bad ? Errno.EINVAL : Errno.None), (round, AllowedRanges.Load(ranges).Errno));
        }
    }

    [Fact]
    public void Everything_is_all_but_the_first_and_the_last_page() =>
        Assert.Equal([new IovaRange(0x1000, ulong.MaxValue - 0x1000)], AllowedRanges.Everything.Spans);

    [Fact]
    public void What_is_allowed_beyond_that_is_not_chosen() => Assert.Equal([new IovaRange(0x1000, 0x1fff)],
        AllowedRanges.Load([new(0, 0x1fff), new(ulong.MaxValue - 0xffe, ulong.MaxValue)]).Value!.Spans);
}
