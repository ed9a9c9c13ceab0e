using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core;

public class DirtyBitmapTests
{
    [Fact]
    public void A_bit_is_set_exactly_when_a_dirty_page_has_a_byte_in_its_piece_of_the_range()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var piece = 1UL << random.Next(0, 8);
            var iova = piece * (ulong)random.Next(0, 40);
            var length = piece * (ulong)random.Next(1, 40);
            var bitmap = DirtyBitmap.Create(iova, length, piece).Value!;
            var expected = new bool[length / piece];
            for (var page = 0; page < random.Next(0, 6); page++)
            {
                var (start, size) = ((ulong)random.Next(0, 6000), (ulong)random.Next(1, 300));
                bitmap.Set(start, size);
                for (var address = Math.Max(start, iova); address < Math.Min(start + size, iova + length); address++)
                    expected[(address - iova) / piece] = true;
            }
            Assert.Equal((seed, Text(expected)), (seed, Text(Bits(bitmap, expected.Length))));
            Assert.Equal((seed, expected.Count(set => set)), (seed, Bits(bitmap, bitmap.Bytes.Length * 8).Count(set => set)));
        }
    }

    [Fact]
    public void A_page_at_the_end_of_all_addresses_is_in_the_last_bit()
    {
        var bitmap = DirtyBitmap.Create(ulong.MaxValue - 0x7fff, 0x8000, 4096).Value!;
        bitmap.Set(ulong.MaxValue - 4095, 4096);
        Assert.Equal([0x80], bitmap.Bytes.ToArray());
    }

    [Fact]
    public void A_page_size_that_is_no_power_of_two_counts_by_its_lowest_bit()
    {
        var bitmap = DirtyBitmap.Create(0, 0x6000, 0x3000).Value!;
        bitmap.Set(0x2000, 0x1000);
        Assert.Equal([0b100], bitmap.Bytes.ToArray());
    }

    [Fact]
    public void More_bits_than_an_array_holds_are_ENOMEM() =>
        Assert.Equal(Errno.ENOMEM, DirtyBitmap.Create(0, 1UL << 35, 1).Errno);

    [Fact]
    public void Nothing_is_covered_by_no_bits()
    {
        var bitmap = DirtyBitmap.Create(0x1000, 0, 4096).Value!;
        bitmap.Set(0, ulong.MaxValue);
        Assert.Empty(bitmap.Bytes.ToArray());
    }

    private static IEnumerable<bool> Bits(DirtyBitmap bitmap, int count) =>
        Enumerable.Range(0, count).Select(bit => (bitmap.Bytes.Span[bit / 8] >> (bit % 8) & 1) != 0);

    private static string Text(IEnumerable<bool> bits) => string.Concat(bits.Select(bit => bit ? '1' : '0'));
}
