namespace Iommu.Hardware.Amd.Driver;

/// <summary>A cache that may hold translations of a domain, and so what an unmap must invalidate.</summary>
/// <param name="Kind">What sort of cache it is.</param>
/// <param name="Id">The domain id, or for an ATC the device id.</param>
internal readonly record struct CacheReach(CacheReachKind Kind, ushort Id);

internal enum CacheReachKind
{
    /// <summary>The IOMMU's, under a domain id: what guest tables had a part in goes with it.</summary>
    Domain,
    /// <summary>The ATC of a device that is attached to the domain itself: by address.</summary>
    Atc,
    /// <summary>The ATC of a device behind guest tables: its addresses are unknown, all goes.</summary>
    NestedAtc,
}

/// <summary>
/// The caches that may hold translations of one domain: an immutable array that attach replaces and unmap reads, without a lock between
/// them. Attach adds before it installs the device table entry; unmap stores the tables first and reads after a full fence. So either
/// unmap sees the new cache, or the new device walks the new tables.
/// </summary>
internal sealed class CacheReachSet
{
    private readonly Lock _lock = new();
    private readonly Dictionary<CacheReach, int> _users = [];
    private CacheReach[] _all = [];

    /// <summary>As of now, ordered after every store that the caller made before.</summary>
    public IReadOnlyList<CacheReach> Read()
    {
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _all);
    }

    public void Add(CacheReach reach)
    {
        lock (_lock)
        {
            _users[reach] = _users.GetValueOrDefault(reach) + 1;
            if (_users[reach] == 1) Interlocked.Exchange(ref _all, [.. _all, reach]);
        }
    }

    /// <summary>Drops one user; true when that was the last, so that the cache must be flushed.</summary>
    public bool Remove(CacheReach reach)
    {
        lock (_lock)
        {
            if (--_users[reach] > 0) return false;
            _users.Remove(reach);
            Interlocked.Exchange(ref _all, Array.FindAll(_all, other => other != reach));
            return true;
        }
    }
}
