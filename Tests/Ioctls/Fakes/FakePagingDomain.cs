using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Tests.Ioctls.Fakes;

/// <summary>Tables of pages of 4 KiB and 2 MiB, each with a dirty bit.</summary>
internal sealed class FakePagingDomain : IPagingDomain, IDirtyTracker
{
    public const ulong SmallPage = 1 << 12;
    public const ulong LargePage = 1 << 21;

    private readonly FakeIommu _iommu;
    private readonly bool _tracksDirty;
    private readonly SortedDictionary<ulong, (ulong Physical, ulong LengthBytes)> _pages = [];
    private readonly SortedSet<ulong> _dirty = [];

    public FakePagingDomain(FakeIommu iommu, bool nestParent, bool tracksDirty)
    {
        (_iommu, IsNestParent, _tracksDirty) = (iommu, nestParent, tracksDirty);
        iommu.Made();
    }

    public IIommuDriver Iommu => _iommu;

    public bool IsNestParent { get; }

    public ulong PageSizes => SmallPage | LargePage;

    public ulong ApertureLast => (1UL << 48) - 1;

    public IDirtyTracker? Dirty => _tracksDirty ? this : null;

    public bool Tracking { get; set; }

    /// <summary>Ranges that were flushed, in order.</summary>
    public List<(ulong Iova, ulong LengthBytes)> Flushes { get; } = [];

    /// <summary>A device writes, which the hardware notes when it is told to.</summary>
    public void Write(ulong iova)
    {
        if (Tracking && PageOf(iova) is { } page) _dirty.Add(page);
    }

    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access)
    {
        for (var offset = 0UL; offset < lengthBytes;)
        {
            var large = ((iova + offset) | (physical + offset)) % LargePage == 0 && lengthBytes - offset >= LargePage;
            var page = large ? LargePage : SmallPage;
            _pages.Add(iova + offset, (physical + offset, page));
            offset += page;
        }
        return Errno.None;
    }

    public ulong Unmap(ulong iova, ulong lengthBytes)
    {
        var unmapped = 0UL;
        foreach (var (at, page) in _pages.Where(page => page.Key >= iova && page.Key - iova < lengthBytes).ToList())
        {
            _pages.Remove(at);
            _dirty.Remove(at);
            unmapped += page.LengthBytes;
        }
        return unmapped;
    }

    public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes)
    {
        Flushes.Add((iova, lengthBytes));
        yield return _iommu.Batch();
    }

    public ulong? Lookup(ulong iova) => PageOf(iova) is { } page ? _pages[page].Physical + (iova - page) : null;

    public void Read(ulong iova, ulong lengthBytes, bool clear, Action<ulong, ulong> dirty)
    {
        foreach (var page in _dirty.ToList())
        {
            if (page + _pages[page].LengthBytes <= iova || page > iova + (lengthBytes - 1)) continue;
            dirty(page, _pages[page].LengthBytes);
            if (clear) _dirty.Remove(page);
        }
    }

    public IEnumerable<CommandBatch> Free() => _iommu.Freed();

    private ulong? PageOf(ulong iova)
    {
        foreach (var size in new[] { SmallPage, LargePage })
            if (_pages.TryGetValue(iova & ~(size - 1), out var page) && page.LengthBytes == size) return iova & ~(size - 1);
        return null;
    }
}
