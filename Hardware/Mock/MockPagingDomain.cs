using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Hardware.Mock;

/// <summary>
/// Tables that nothing but the tests reads. Their dirty bits are set by <see cref="SetDirty"/>, one for each page, however large it is.
/// Any thread may call it.
/// </summary>
public sealed class MockPagingDomain : IPagingDomain, IDirtyTracker
{
    private readonly Lock _lock = new();
    private readonly MockTableFormat _format;
    private readonly MockPageTable _table;
    private readonly bool _tracksDirty;
    private volatile bool _tracking;

    internal MockPagingDomain(MockIommu iommu, MockTableFormat format, bool isNestParent, bool tracksDirty)
    {
        (Iommu, _format, IsNestParent, _tracksDirty) = (iommu, format, isNestParent, tracksDirty);
        _table = new MockPageTable(format.PageSizes);
    }

    public IIommuDriver Iommu { get; }

    public bool IsNestParent { get; }

    public ulong PageSizes => _format.PageSizes;

    public ulong ApertureFirst => _format.ApertureFirst;

    public ulong ApertureLast => _format.ApertureLast;

    public IDirtyTracker? Dirty => _tracksDirty ? this : null;

    bool IDirtyTracker.Tracking { get => _tracking; set => _tracking = value; }

    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access)
    {
        lock (_lock) return _table.Map(iova, physical, lengthBytes, access);
    }

    public ulong Unmap(ulong iova, ulong lengthBytes)
    {
        lock (_lock) return _table.Unmap(iova, lengthBytes);
    }

    public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes) => Plan.Nothing;

    public ulong? Lookup(ulong iova)
    {
        lock (_lock) return _table.Find(iova) is { } leaf ? leaf.Physical + (iova - leaf.Iova) : null;
    }

    /// <summary>As a device's write would; nothing where nothing is mapped.</summary>
    public void SetDirty(ulong iova)
    {
        lock (_lock)
            if (_table.Find(iova) is { } leaf) leaf.Dirty = true;
    }

    public IEnumerable<CommandBatch> Free() => Plan.Nothing;

    void IDirtyTracker.Read(ulong iova, ulong lengthBytes, bool clear, Action<ulong, ulong> dirty)
    {
        lock (_lock)
        {
            foreach (var leaf in _table.Within(iova, lengthBytes))
            {
                if (!leaf.Dirty) continue;
                dirty(leaf.Iova, leaf.Bytes);
                if (clear) leaf.Dirty = false;
            }
        }
    }
}
