using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Core;

public class VfioRulesTests
{
    [Fact]
    public void A_part_is_cut_at_its_end_and_then_at_its_start_unless_that_is_0()
    {
        Assert.Equal([0x2fffUL, 0xfffUL], VfioRules.Cuts(new VfioUnmapDma(0x1000, 0x2000)));
        Assert.Equal([0x1fffUL], VfioRules.Cuts(new VfioUnmapDma(0, 0x2000)));
        Assert.Equal([ulong.MaxValue], VfioRules.Cuts(new VfioUnmapDma(0, 0)));
    }

    [Fact]
    public void All_has_no_range_and_a_range_has_a_length_and_an_end()
    {
        Assert.Equal(Errno.EINVAL, VfioRules.UnmapAll(new VfioUnmapDma(0x1000, 0, All: true)));
        Assert.Equal(Errno.EINVAL, VfioRules.UnmapAll(new VfioUnmapDma(0, 0x1000, All: true)));
        Assert.Equal(Errno.None, VfioRules.UnmapAll(new VfioUnmapDma(0x1000, 0x1000)));
        Assert.Equal(new IovaRange(0, ulong.MaxValue), VfioRules.UnmapRange(new VfioUnmapDma(0, 0, All: true)).Value);
        Assert.Equal(Errno.EINVAL, VfioRules.UnmapRange(new VfioUnmapDma(0x1000, 0)).Errno);
        Assert.Equal(Errno.EOVERFLOW, VfioRules.UnmapRange(new VfioUnmapDma(ulong.MaxValue, 2)).Errno);
        Assert.Equal(new IovaRange(ulong.MaxValue, ulong.MaxValue), VfioRules.UnmapRange(new VfioUnmapDma(ulong.MaxValue, 1)).Value);
    }

    [Theory]
    [InlineData(0x1000, 0x1000, 0x1000)]
    [InlineData(0x20_1800, 0x800, 0x20_1000)]
    [InlineData(0x800, 0x800, 0x1000)]
    [InlineData(0x1000, 0x4000, 0x4000)]
    public void Page_sizes_begin_with_a_page(ulong sizes, ulong alignmentBytes, ulong expected) =>
        Assert.Equal(expected, VfioRules.PageSizes(sizes, alignmentBytes));

    [Fact]
    public void Only_DMA_CC_is_asked_of_the_IOAS()
    {
        foreach (var extension in Enum.GetValues<VfioExtension>())
            Assert.Equal(extension == VfioExtension.DmaCc, VfioRules.Has(extension, noIommu: false) is null);
    }
}
