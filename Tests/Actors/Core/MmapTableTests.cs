using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core;

public class MmapTableTests
{
    private const ulong Page = 4096;

    private readonly MmapTable<object> _table = new();
    private readonly object _owner = new();

    [Fact]
    public void The_first_page_of_the_file_is_left_out() => Assert.Equal(Page, _table.Alloc(_owner, 0, Page).Value);

    [Fact]
    public void A_region_is_found_by_its_first_byte_alone()
    {
        _table.Alloc(_owner, 0x9000, 2 * Page);
        Assert.Equal(new MmapRegion<object>(Page, 2 * Page, 0x9000, _owner), _table.Find(Page));
        foreach (var offset in new ulong[] { 0, Page + 1, 2 * Page, 3 * Page }) Assert.Null(_table.Find(offset));
    }

    [Fact]
    public void What_is_not_whole_pages_is_EINVAL()
    {
        foreach (var (physical, length) in new[] { (0UL, 0UL), (1UL, Page), (0UL, Page + 1) })
            Assert.Equal(Errno.EINVAL, _table.Alloc(_owner, physical, length).Errno);
    }

    [Fact]
    public void What_has_no_room_is_EBUSY()
    {
        Assert.Equal(Page, _table.Alloc(_owner, 0, ulong.MaxValue - 2 * Page + 1).Value);
        Assert.Equal(Errno.EBUSY, _table.Alloc(_owner, 0, 2 * Page).Errno);
        Assert.Equal(ulong.MaxValue - Page + 1, _table.Alloc(_owner, 0, Page).Value);
        Assert.Equal(Errno.EBUSY, _table.Alloc(_owner, 0, Page).Errno);
        _table.Free(_owner, Page);
        Assert.Equal(Page, _table.Alloc(_owner, 0, Page).Value);
    }

    [Fact]
    public void A_region_is_given_back_by_its_owner_alone()
    {
        _table.Alloc(_owner, 0, Page);
        Assert.Throws<InvalidOperationException>(() => _table.Free(new object(), Page));
        Assert.Equal(0, _table.FreeAll(new object()));
        Assert.Equal(1, _table.FreeAll(_owner));
        Assert.Throws<InvalidOperationException>(() => _table.Free(_owner, Page));
    }

    [Fact]
    public void Offsets_are_always_the_lowest_with_room()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var table = new MmapTable<object>();
            var taken = new Dictionary<ulong, ulong>();
            for (var step = 0; step < 200; step++)
            {
                if (random.Next(3) > 0)
                {
                    var pages = (ulong)random.Next(1, 6);
                    var lowest = 1UL;
                    while (taken.Any(region => lowest < region.Key + region.Value && region.Key < lowest + pages)) lowest++;
                    Assert.Equal((seed, step, lowest * Page), (seed, step, table.Alloc(_owner, 0, pages * Page).Value));
                    taken[lowest] = pages;
                }
                else if (taken.Count > 0)
                {
                    var gone = taken.Keys.ElementAt(random.Next(taken.Count));
                    table.Free(_owner, gone * Page);
                    taken.Remove(gone);
                }
            }
        }
    }
}
