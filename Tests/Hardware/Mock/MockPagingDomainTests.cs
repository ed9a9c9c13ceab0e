using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Mock;

public class MockPagingDomainTests
{
    private const ulong Granule = 2048;
    private const ulong Start = 1UL << 24;

    private readonly MockParts _mock = new();

    [Fact]
    public void The_default_tables_have_every_page_from_2_KiB_on_and_a_small_aperture()
    {
        var domain = _mock.Paging(_mock.Device());
        Assert.Equal((1UL << 37) - (1UL << 11), domain.PageSizes);
        Assert.Equal((1UL << 24, (1UL << 31) - 1), (domain.ApertureFirst, domain.ApertureLast));
        Assert.Null(domain.Dirty);
    }

    [Fact]
    public void The_huge_tables_have_two_page_sizes_and_all_of_38_bits()
    {
        var domain = _mock.Paging(_mock.Device(), table: 1);
        Assert.Equal((1UL << 20) | (1UL << 12), domain.PageSizes);
        Assert.Equal((0UL, (1UL << 38) - 1), (domain.ApertureFirst, domain.ApertureLast));
        Assert.Equal(Errno.ENXIO, domain.Map(Granule, 1UL << 32, 2 * Granule, Access.Read));
        Assert.Equal(Errno.None, domain.Map(0, 1UL << 32, 1 << 20, Access.Read));
        Assert.Equal(1UL << 20, domain.Unmap(0, 4096));
    }

    [Fact]
    public void Misuse_is_refused_with_the_errno_that_says_why()
    {
        var domain = _mock.Paging(_mock.Device());
        Assert.Equal(Errno.EINVAL, domain.Map(Start, 0, Granule, Access.None));
        Assert.Equal(Errno.ERANGE, domain.Map(Start, 1UL << 51, Granule, Access.Read));
        Assert.Equal(Errno.EOVERFLOW, domain.Map(Start, 0, 0, Access.Read));
        Assert.Equal(Errno.EOVERFLOW, domain.Map(ulong.MaxValue - Granule + 1, 0, 2 * Granule, Access.Read));
        Assert.Equal(Errno.ENXIO, domain.Map(Start + 1024, 0, Granule, Access.Read));
        Assert.Equal(Errno.ENXIO, domain.Map(Start, 0, 1024, Access.Read));
        Assert.Equal(Errno.ERANGE, domain.Map(1UL << 38, 0, Granule, Access.Read));
        Assert.Equal(Errno.None, domain.Map(Start, 0, Granule, Access.Read));
        Assert.Equal(Errno.EADDRINUSE, domain.Map(Start, 0, Granule, Access.Read));
        Assert.Equal(Errno.EADDRINUSE, domain.Map(Start, 0, 1 << 24, Access.Read));
        Assert.Equal((0UL, 0UL), (domain.Unmap(1UL << 38, Granule), domain.Unmap(Start, 0)));
        Assert.Null(domain.Lookup(1UL << 40));
    }

    [Fact]
    public void An_unmap_takes_the_last_page_whole_and_stops_at_a_hole_or_within_the_first_page()
    {
        var domain = _mock.Paging(_mock.Device());
        domain.Map(Start, 1UL << 32, 4 * Granule, Access.ReadWrite);
        Assert.Equal(0UL, domain.Unmap(Start + Granule, Granule));
        Assert.Equal(4 * Granule, domain.Unmap(Start, Granule));
        domain.Map(Start, 1UL << 32, Granule, Access.ReadWrite);
        domain.Map(Start + 2 * Granule, 1UL << 32, Granule, Access.ReadWrite);
        Assert.Equal(Granule, domain.Unmap(Start, 3 * Granule));
        Assert.NotNull(domain.Lookup(Start + 2 * Granule));
    }

    [Fact]
    public void A_page_is_dirty_as_a_whole_until_it_is_read_and_cleared()
    {
        var domain = _mock.Paging(_mock.Device(), HwptAllocFlags.DirtyTracking);
        var dirty = domain.Dirty!;
        domain.Map(Start, 1UL << 32, 4 * Granule, Access.ReadWrite);
        domain.Map(Start + 4 * Granule, (1UL << 32) + Granule, 2 * Granule, Access.ReadWrite);
        foreach (var iova in new[] { Start + 2 * Granule, Start + 5 * Granule, Start + 100 * Granule }) domain.SetDirty(iova);
        (ulong, ulong)[] all = [(Start, 4 * Granule), (Start + 5 * Granule, Granule)];
        Assert.Equal(all, Read(dirty, Start, 6 * Granule, clear: false));
        Assert.Equal(all[..1], Read(dirty, Start + Granule, Granule, clear: true));
        Assert.Equal(all[1..], Read(dirty, 0, 1UL << 38, clear: true));
        Assert.Empty(Read(dirty, 0, 1UL << 38, clear: false));
        dirty.Tracking = true;
        Assert.True(dirty.Tracking);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    public void Maps_unmaps_lookups_and_dirty_bits_are_those_of_a_dictionary_of_pages(uint table)
    {
        for (var seed = 0; seed < 30; seed++) new Run(_mock.Paging(_mock.Device(), HwptAllocFlags.DirtyTracking, table), seed).Go();
    }

    private static List<(ulong, ulong)> Read(IDirtyTracker tracker, ulong iova, ulong length, bool clear)
    {
        var found = new List<(ulong, ulong)>();
        tracker.Read(iova, length, clear, (start, bytes) => found.Add((start, bytes)));
        return found;
    }

    /// <summary>The model: every granule with its physical address and the page that it is part of.</summary>
    private sealed class Run(MockPagingDomain domain, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly ulong _unit = domain.PageSizes & (0 - domain.PageSizes);
        private readonly SortedDictionary<ulong, (ulong Physical, ulong Page, ulong Bytes)> _pages = [];
        private readonly SortedDictionary<ulong, ulong> _areas = [];
        private readonly HashSet<ulong> _dirty = [];

        public void Go()
        {
            for (var i = 0; i < 200; i++)
            {
                switch (_random.Next(5))
                {
                    case 0 or 1: Map(); break;
                    case 2: Unmap(); break;
                    case 3: SetDirty(); break;
                    default: CheckDirty(); break;
                }
                CheckLookups();
            }
            while (_areas.Count > 0) Unmap();
            Assert.Empty(_pages);
        }

        private void Map()
        {
            var unit = _unit << _random.Next(11);
            var iova = Start + (ulong)_random.Next(64) * unit;
            var length = (ulong)_random.Next(1, 8) * unit;
            if (_areas.Any(area => area.Key < iova + length && iova < area.Key + area.Value)) return;
            var physical = (1UL << 40) + (ulong)_random.Next(1 << 12) * (_random.Next(2) == 0 ? unit : _unit);
            Assert.Equal(Errno.None, domain.Map(iova, physical, length, Access.ReadWrite));
            _areas.Add(iova, length);
            for (var offset = 0UL; offset < length;)
            {
                var bytes = Enumerable.Range(0, 37).Select(bit => 1UL << bit).Last(size => (domain.PageSizes & size) != 0
                    && (iova + offset) % size == 0 && (physical + offset) % size == 0 && size <= length - offset);
                for (var end = offset + bytes; offset < end; offset += _unit)
                    _pages[iova + offset] = (physical + offset, iova + end - bytes, bytes);
            }
        }

        private void Unmap()
        {
            if (_areas.Count == 0) return;
            var (iova, length) = _areas.ElementAt(_random.Next(_areas.Count));
            Assert.Equal((seed, length), (seed, domain.Unmap(iova, length)));
            _areas.Remove(iova);
            for (var offset = 0UL; offset < length; offset += _unit)
            {
                _dirty.Remove(_pages[iova + offset].Page);
                _pages.Remove(iova + offset);
            }
        }

        private void SetDirty()
        {
            var iova = Somewhere();
            domain.SetDirty(iova);
            if (_pages.TryGetValue(iova / _unit * _unit, out var page)) _dirty.Add(page.Page);
        }

        private void CheckDirty()
        {
            var (iova, length, clear) = (Somewhere(), (ulong)_random.Next(1, 1 << 22), _random.Next(2) == 0);
            var expected = _pages.Values.DistinctBy(page => page.Page)
                .Where(page => _dirty.Contains(page.Page) && page.Page < iova + length && iova < page.Page + page.Bytes)
                .Select(page => (page.Page, page.Bytes)).Order().ToList();
            Assert.Equal(expected, Read(domain.Dirty!, iova, length, clear));
            if (clear) _dirty.ExceptWith(expected.Select(page => page.Page));
        }

        private void CheckLookups()
        {
            for (var i = 0; i < 4; i++)
            {
                var iova = Somewhere();
                ulong? expected = _pages.TryGetValue(iova / _unit * _unit, out var page) ? page.Physical + iova % _unit : null;
                Assert.Equal((seed, expected), (seed, domain.Lookup(iova)));
            }
        }

        private ulong Somewhere()
        {
            if (_areas.Count == 0 || _random.Next(8) == 0) return Start + (ulong)_random.Next(1 << 28);
            var (iova, length) = _areas.ElementAt(_random.Next(_areas.Count));
            return iova + (ulong)_random.NextInt64((long)length);
        }
    }
}
