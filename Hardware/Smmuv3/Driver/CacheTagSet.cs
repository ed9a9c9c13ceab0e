using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// The caches that may hold translations of one domain: an immutable array that attach replaces and unmap reads, without
/// a lock between them. Attach adds before it installs the stream table entry; unmap stores the tables first and reads
/// after a full fence. So either unmap sees the new tag, or the new agent walks the new tables.
/// </summary>
public sealed class CacheTagSet
{
    private readonly Lock _lock = new();
    private readonly Dictionary<CacheTag, int> _users = [];
    private CacheTag[] _tags = [];

    /// <summary>The tags as of now, ordered after every store that the caller made before.</summary>
    public ImmutableArray<CacheTag> Read()
    {
        Interlocked.MemoryBarrier();
        return ImmutableCollectionsMarshal.AsImmutableArray(Volatile.Read(ref _tags));
    }

    public void Add(CacheTag tag)
    {
        lock (_lock)
        {
            _users[tag] = _users.GetValueOrDefault(tag) + 1;
            if (_users[tag] == 1) Interlocked.Exchange(ref _tags, [.. _tags, tag]);
        }
    }

    /// <summary>Drops one user; true when that was the last and the tag is gone, so that it must be flushed.</summary>
    public bool Remove(CacheTag tag)
    {
        lock (_lock)
        {
            if (--_users[tag] > 0) return false;
            _users.Remove(tag);
            Interlocked.Exchange(ref _tags, Array.FindAll(_tags, other => other != tag));
            return true;
        }
    }
}
