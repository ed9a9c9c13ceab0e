using System.Collections.Immutable;

namespace Iommu.Hardware.Caches;

/// <summary>
/// The transactions that were in flight when a synchronization command was reached: it completes when all of them have ended.
/// </summary>
public sealed class InFlight
{
    private readonly List<(TransactionMarker Marker, long Value)> _waiting = [];

    // A full fence before the markers are read: what is not seen here looks its entries up after all that was removed before.
    public void Capture(ImmutableArray<TransactionMarker> markers)
    {
        Interlocked.MemoryBarrier();
        _waiting.Clear();
        foreach (var marker in markers)
            if (marker.Value is var value && (value & 1) != 0) _waiting.Add((marker, value));
    }

    public bool HaveEnded()
    {
        while (_waiting.Count > 0)
        {
            var (marker, value) = _waiting[^1];
            if (marker.Value == value) return false;
            _waiting.RemoveAt(_waiting.Count - 1);
        }
        return true;
    }
}
