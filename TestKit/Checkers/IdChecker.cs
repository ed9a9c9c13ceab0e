using Iommu.Messages;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I3 from the caller's side: an id that a create has returned is not handed out again while it names an object, nor ever
/// once a tombstone stands on it. For one caller's objects.
/// </summary>
public sealed class IdChecker(string context, Findings findings)
{
    private readonly Dictionary<ObjectId, ObjectType> _live = [];
    private readonly HashSet<ObjectId> _tombstones = [];

    public int Tombstones => _tombstones.Count;

    /// <summary>A create was answered with this id.</summary>
    public void Created(ObjectId id, ObjectType type)
    {
        if (_tombstones.Contains(id)) findings.Report("I3", $"{context}: {type} got id {id}, on which a tombstone stands");
        if (!_live.TryAdd(id, type)) findings.Report("I3", $"{context}: {type} got id {id}, which names a {_live[id]}");
    }

    /// <summary>A destroy of this id was answered with success.</summary>
    public void Destroyed(ObjectId id) => _live.Remove(id);

    /// <summary>The vDEVICE of this id went with its device.</summary>
    public void Tombstoned(ObjectId id)
    {
        _live.Remove(id);
        _tombstones.Add(id);
    }
}
