using System.Collections.Concurrent;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>
/// A vIOMMU's map of guest domain ids to the host's (nested.c, gdomid_array): a guest numbers its domains as it likes, and what is cached
/// of two guests, or of two domains of one, must not meet under one tag. An id is taken at its first use and given back with its last.
/// </summary>
internal sealed class GuestDomainIds(Func<ushort?> allocate)
{
    private readonly ConcurrentDictionary<ushort, (ushort Host, int Users)> _map = new();
    private readonly Lock _lock = new();

    public IEnumerable<ushort> HostIds => _map.Values.Select(mapped => mapped.Host);

    /// <summary>Null for one that no nested domain has.</summary>
    public ushort? Find(ushort guest) => _map.TryGetValue(guest, out var mapped) ? mapped.Host : null;

    /// <summary>The host's id, and whether it is new; null when the host has none left.</summary>
    public (ushort Host, bool IsNew)? Acquire(ushort guest)
    {
        lock (_lock)
        {
            if (_map.TryGetValue(guest, out var mapped))
            {
                _map[guest] = mapped with { Users = mapped.Users + 1 };
                return (mapped.Host, false);
            }
            if (allocate() is not { } host) return null;
            _map[guest] = (host, 1);
            return (host, true);
        }
    }

    /// <summary>True when that was the last user: the host's id must be flushed before it goes to another.</summary>
    public bool Release(ushort guest)
    {
        lock (_lock)
        {
            var mapped = _map[guest];
            if (mapped.Users > 1)
            {
                _map[guest] = mapped with { Users = mapped.Users - 1 };
                return false;
            }
            _map.TryRemove(guest, out _);
            return true;
        }
    }
}
