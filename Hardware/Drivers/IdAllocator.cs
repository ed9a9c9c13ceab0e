using System.Numerics;

namespace Iommu.Hardware.Drivers;

/// <summary>Numbers from a range, the lowest free one first: domain ids, VMIDs, ASIDs of one IOMMU. Any thread may call it.</summary>
public sealed class IdAllocator
{
    private readonly Lock _lock = new();
    private readonly ulong[] _used;
    private readonly int _first;
    private readonly int _last;
    private int _lowestWordWithRoom;

    public IdAllocator(int first, int last)
    {
        _first = first;
        _last = last;
        _used = new ulong[(last >> 6) + 1];
        for (var id = 0; id < first; id++) _used[id >> 6] |= 1UL << (id & 63);
    }

    /// <summary>A free number, or null when all are taken.</summary>
    public int? Allocate()
    {
        lock (_lock)
        {
            for (var word = _lowestWordWithRoom; word < _used.Length; word++)
            {
                if (_used[word] == ulong.MaxValue) continue;
                _lowestWordWithRoom = word;
                var id = (word << 6) + BitOperations.TrailingZeroCount(~_used[word]);
                if (id > _last) return null;
                _used[word] |= 1UL << (id & 63);
                return id;
            }
            return null;
        }
    }

    public void Free(int id)
    {
        lock (_lock)
        {
            if (id < _first || id > _last || (_used[id >> 6] & (1UL << (id & 63))) == 0)
                throw new InvalidOperationException($"{id} is not allocated");
            _used[id >> 6] &= ~(1UL << (id & 63));
            _lowestWordWithRoom = Math.Min(_lowestWordWithRoom, id >> 6);
        }
    }
}
