using System.Numerics;
using Iommu.Actors.Core.Ioas;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core.Ioas;

/// <summary>Choices that follow from iopt_alloc_iova by hand, and random ones against a search of every byte.</summary>
public class IovaAllocationTests
{
    private const ulong Page = 4096;

    [Theory]
    // Never the first page; the next hole otherwise.
    [InlineData(0x10_0000, 0x1000, 0x1000)]
    // As large a power of two as the length is rounded up to, if the memory is aligned so too.
    [InlineData(0x10_0000, 0x3000, 0x4000)]
    [InlineData(0x10_1000, 0x3000, 0x1000)]
    // 2 MiB are enough for a large page.
    [InlineData(0x4000_0000, 0x4000_0000, 0x20_0000)]
    // The offset of the memory in its page, on top of the alignment that it leaves.
    [InlineData(0x10_0123, 0x2000, 0x1123)]
    [InlineData(0x10_0800, 0x800, 0x1800)]
    // Address 0, the start of a file, is aligned to anything.
    [InlineData(0, 0x3000, 0x4000)]
    public void In_an_empty_space(ulong address, ulong length, ulong expected) =>
        Assert.Equal(expected, Choose(address, length).Value);

    [Fact]
    public void Length_0_and_more_than_half_of_the_space_are_EOVERFLOW()
    {
        Assert.Equal(Errno.EOVERFLOW, Choose(0x1000, 0).Errno);
        Assert.Equal(Errno.EOVERFLOW, Choose(0x1000, ulong.MaxValue / 2).Errno);
        Assert.Equal(Errno.ENOSPC, Choose(0x1000, ulong.MaxValue / 2 - 1, allowed: new IovaRange(0, 1 << 30)).Errno);
    }

    [Fact]
    public void Memory_that_is_aligned_to_less_than_the_IOAS_is_EINVAL()
    {
        Assert.Equal(Errno.EINVAL, Choose(0x10_0800, 0x1000, alignment: Page).Errno);
        Assert.Equal(Errno.EINVAL, Choose(0x10_0000, 0x800, alignment: Page).Errno);
        Assert.Equal(Errno.None, Choose(0x10_0800, 0x1000, alignment: 0x800).Errno);
    }

    [Fact]
    public void Ranges_that_touch_are_one_to_allocate_from()
    {
        var allowed = AllowedRanges.Load([new(0x3000, 0x3fff), new(0x1000, 0x2fff)]).Value!;
        Assert.Equal(0x1000UL, IovaAllocation.Choose(0x1000, 0x3000, 1, allowed.Spans, (from, to) => [new(from, to)]).Value);
    }

    [Fact]
    public void A_random_choice_is_the_first_that_a_search_finds()
    {
        var random = new Random(1);
        for (var round = 0; round < 3000; round++)
        {
            var used = RandomRanges(random, 6);
            var allowed = random.Next(2) == 0 ? AllowedRanges.Everything : Disjoint(RandomRanges(random, 4));
            var (address, length) = (RandomAddress(random), (ulong)random.Next(1, 0x3000));
            var alignment = 1UL << random.Next(13);
            var spans = allowed.Spans.Count == 1 && allowed.Ranges.Count == 0 ? [new IovaRange(Page, 0x1_ffff)] : allowed.Spans;
            var expected = Search(address, length, alignment, spans, used);
            var chosen = IovaAllocation.Choose(address, length, alignment, spans, (from, to) =>
                IovaSpans.Holes(IovaSpans.Join(used), from, to));
            Assert.Equal((round, expected), (round, chosen.Failed ? null : chosen.Value));
        }
    }

    /// <summary>Each byte of what is allowed, as the start of the rest of a hole: the first from which there is room.</summary>
    private static ulong? Search(
        ulong address, ulong length, ulong alignment, IReadOnlyList<IovaRange> allowed, IReadOnlyList<IovaRange> used)
    {
        var wanted = Math.Min(BitOperations.RoundUpToPowerOf2(length), 1UL << 21);
        while (address % wanted != 0) wanted /= 2;
        if (wanted < alignment) return null;
        foreach (var span in allowed)
        {
            if (AlignUp(span.Start) is var first && (first >= span.Last || span.Last - first < length - 1)) continue;
            var start = first;
            while (start <= span.Last)
            {
                if (IsUsed(start) is { } inside)
                {
                    start = inside.Last + 1;
                    continue;
                }
                var end = used.Where(range => range.Start > start).Select(range => range.Start - 1).Append(span.Last).Min();
                end = Math.Min(end, span.Last);
                var at = AlignUp(start);
                if (at < end && end - at >= length - 1) return at;
                start = end + 1;
            }
        }
        return null;

        ulong AlignUp(ulong iova) => ((iova + wanted - 1) & ~(wanted - 1)) | (address % Page);

        IovaRange? IsUsed(ulong iova) =>
            used.Cast<IovaRange?>().FirstOrDefault(range => range!.Value.Start <= iova && iova <= range.Value.Last);
    }

    private static List<IovaRange> RandomRanges(Random random, int max) => [.. Enumerable.Range(0, random.Next(max)).Select(_ =>
    {
        var start = (ulong)random.Next(0x1_f000);
        if (random.Next(2) == 0) start &= ~(Page - 1);
        return new IovaRange(start, start + (ulong)random.Next(1, 0x4000));
    })];

    private static AllowedRanges Disjoint(IReadOnlyList<IovaRange> ranges) => AllowedRanges.Load(IovaSpans.Join(ranges)).Value!;

    private static ulong RandomAddress(Random random) =>
        ((ulong)random.Next(1, 1 << 16) << random.Next(20)) & ~((1UL << random.Next(13)) - 1);

    private static Result<ulong> Choose(ulong address, ulong length, ulong alignment = 1, IovaRange? allowed = null) =>
        IovaAllocation.Choose(address, length, alignment,
            allowed is { } range ? [range] : AllowedRanges.Everything.Spans, (from, to) => [new IovaRange(from, to)]);
}
