using System.Collections.Immutable;

namespace Iommu.Hardware.Vtd;

/// <summary>The requests that were in flight when a wait descriptor was reached: it completes when all of them have ended.</summary>
internal sealed class InFlight
{
    private readonly List<(Port Port, long Marker)> _waiting = [];

    // A full fence before the markers are read: a request that is not seen here looks its entries up after everything that the
    // descriptors before have removed.
    public void Capture(ImmutableArray<Port> ports)
    {
        Interlocked.MemoryBarrier();
        _waiting.Clear();
        foreach (var port in ports)
            if (port.Marker is var marker && (marker & 1) != 0) _waiting.Add((port, marker));
    }

    public bool HaveEnded()
    {
        while (_waiting.Count > 0)
        {
            var (port, marker) = _waiting[^1];
            if (port.Marker == marker) return false;
            _waiting.RemoveAt(_waiting.Count - 1);
        }
        return true;
    }
}
