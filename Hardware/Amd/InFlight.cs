using System.Collections.Immutable;

namespace Iommu.Hardware.Amd;

/// <summary>The transactions that were in flight when a COMPLETION_WAIT was reached: it completes when all of them have ended.</summary>
internal sealed class InFlight
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
        _waiting.RemoveAll(waiting => waiting.Marker.Value != waiting.Value);
        return _waiting.Count == 0;
    }
}
