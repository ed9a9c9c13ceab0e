using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// The caches that may hold translations of one domain: an immutable array that attach replaces and unmap reads, without a lock between
/// them. Attach adds before it installs the PASID table entry; unmap stores the tables first and reads after a full fence. So either
/// unmap sees the new tag, or the new device walks the new tables.
/// </summary>
internal sealed class VtdCacheTagSet
{
    private readonly Lock _lock = new();
    private readonly Dictionary<VtdCacheTag, int> _users = [];
    private VtdCacheTag[] _tags = [];

    /// <summary>
    /// The tags as of now, those of the unit before those of devices, ordered after every store that the caller made before.
    /// </summary>
    public ImmutableArray<VtdCacheTag> Read()
    {
        Interlocked.MemoryBarrier();
        return ImmutableCollectionsMarshal.AsImmutableArray(Volatile.Read(ref _tags));
    }

    public void Add(VtdCacheTag tag)
    {
        lock (_lock)
        {
            _users[tag] = _users.GetValueOrDefault(tag) + 1;
            if (_users[tag] == 1) Interlocked.Exchange(ref _tags, [.. _tags.Append(tag).OrderBy(other => other.Kind)]);
        }
    }

    public void Remove(VtdCacheTag tag)
    {
        lock (_lock)
        {
            if (--_users[tag] > 0) return;
            _users.Remove(tag);
            Interlocked.Exchange(ref _tags, Array.FindAll(_tags, other => other != tag));
        }
    }
}
