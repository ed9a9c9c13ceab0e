using Iommu.Messages;

namespace Iommu.Actors.Core;

/// <summary>Hands out ids as the kernel's xarray does: the lowest free one, from 1 up.</summary>
public sealed class IdTable
{
    private readonly SortedSet<uint> _free = [];
    private readonly HashSet<uint> _tombstones = [];
    private uint _next = 1;

    /// <summary>Ids taken: reserved, published and tombstoned.</summary>
    public int Taken => (int)(_next - 1) - _free.Count;

    public ObjectId Reserve()
    {
        if (_free.Count == 0) return new ObjectId(_next++);
        var lowest = _free.Min;
        _free.Remove(lowest);
        return new ObjectId(lowest);
    }

    /// <summary>Takes this very id, as a recovery does.</summary>
    /// <exception cref="InvariantViolation">I3: it is taken.</exception>
    public void Reserve(ObjectId id)
    {
        while (_next <= id.Value) _free.Add(_next++);
        if (!_free.Remove(id.Value)) throw new InvariantViolation("I3", $"id {id} is taken twice");
    }

    /// <summary>Gives an id back.</summary>
    /// <exception cref="InvariantViolation">I3: it was not taken, or a tombstone stands on it.</exception>
    public void Free(ObjectId id)
    {
        if (id.Value == 0 || id.Value >= _next || _tombstones.Contains(id.Value) || !_free.Add(id.Value))
            throw new InvariantViolation("I3", $"id {id} is freed, but it is not taken");
    }

    /// <summary>Keeps an id from ever being used again.</summary>
    public void Tombstone(ObjectId id) => _tombstones.Add(id.Value);
}
