using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Iommu.Hardware.Caches;

/// <summary>
/// The caches that may hold translations of one domain: an immutable array that attach replaces and unmap reads, without a lock between
/// them. Attach adds before it installs the table entry that leads to the domain; unmap stores the tables first and reads after a full
/// fence. So either unmap sees the new tag, or the new device walks the new tables.
/// </summary>
/// <typeparam name="TTag">What names a cache: a tag of the IOMMU's, a device.</typeparam>
/// <param name="order">How the tags are sorted, where one cache must be told before another; null for the order of adding.</param>
public sealed class CacheTagSet<TTag>(Comparison<TTag>? order = null) where TTag : struct, IEquatable<TTag>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TTag, int> _users = [];
    private TTag[] _tags = [];

    /// <summary>The tags as of now, ordered after every store that the caller made before.</summary>
    public ImmutableArray<TTag> Read()
    {
        Interlocked.MemoryBarrier();
        return ImmutableCollectionsMarshal.AsImmutableArray(Volatile.Read(ref _tags));
    }

    public void Add(TTag tag)
    {
        lock (_lock)
        {
            _users[tag] = _users.GetValueOrDefault(tag) + 1;
            if (_users[tag] > 1) return;
            var tags = _tags.Append(tag);
            Interlocked.Exchange(ref _tags, [.. order is null ? tags : tags.Order(Comparer<TTag>.Create(order))]);
        }
    }

    /// <summary>Drops one user; true when that was the last and the tag is gone, so that it must be flushed.</summary>
    public bool Remove(TTag tag)
    {
        lock (_lock)
        {
            if (--_users[tag] > 0) return false;
            _users.Remove(tag);
            Interlocked.Exchange(ref _tags, Array.FindAll(_tags, other => !other.Equals(tag)));
            return true;
        }
    }
}
