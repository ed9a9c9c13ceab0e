using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Core;

public class RingTests
{
    [Theory]
    [InlineData(0x1000, 0x1000, 0x1000, 0x1000, 0)]
    [InlineData(0x1ff0, 0x20, 0x1000, 0x2000, 0xff0)]
    [InlineData(0x1001, 1, 0x1000, 0x1000, 1)]
    [InlineData(0x1000, 0x1001, 0x1000, 0x2000, 0)]
    [InlineData(ulong.MaxValue, 1, ulong.MaxValue - 4095, 0x1000, 4095)]
    public void A_ring_lies_in_whole_pages(ulong iova, ulong length, ulong first, ulong lengthOfPages, ulong offset) =>
        Assert.Equal(new Ring(first, lengthOfPages, offset), Ring.Of(Call(iova, length)).Value);

    [Theory]
    [InlineData(0, ulong.MaxValue, Errno.ERANGE)]
    [InlineData(1, ulong.MaxValue, Errno.ERANGE)]
    [InlineData(0, ulong.MaxValue - 4094, Errno.ERANGE)]
    [InlineData(0, ulong.MaxValue - 4095, Errno.ENOMEM)]
    [InlineData(0, (ulong)(int.MaxValue / 8) * 4096 + 1, Errno.ENOMEM)]
    [InlineData(0, (ulong)(int.MaxValue / 8) * 4096, Errno.None)]
    public void A_ring_has_as_many_pages_as_can_be_counted_and_listed(ulong iova, ulong length, Errno errno) =>
        Assert.Equal(errno, Ring.Of(Call(iova, length)).Errno);

    [Fact]
    public void Hardware_finds_it_in_pages_that_follow_each_other()
    {
        var ring = new Ring(0x1000, 0x3000, 0x10);
        Assert.Equal(0x7010UL, ring.BaseIn([0x7000, 0x8000, 0x9000]).Value);
        Assert.Equal(Errno.EFAULT, ring.BaseIn([0x7000, 0x8000, 0xa000]).Errno);
        Assert.Equal(Errno.EFAULT, ring.BaseIn([0x7000, 0x6000, 0x5000]).Errno);
    }

    private static HwQueueAlloc Call(ulong iova, ulong length) => new(new ObjectId(1), HwQueueType.Selftest, 0, iova, length);
}
