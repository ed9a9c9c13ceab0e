using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I2 from the caller's side: what was created is found, whole, until it is destroyed; what was destroyed is not found again,
/// nor is a tombstone. For one caller's objects, at moments when no call of its is in flight.
/// </summary>
public sealed class LookupChecker(string context, ObjectTable table, Findings findings)
{
    private readonly Dictionary<ObjectId, (ObjectType Type, IActorRef Actor)> _live = [];
    private readonly Dictionary<ObjectId, IActorRef> _gone = [];
    private readonly HashSet<ObjectId> _tombstones = [];

    /// <summary>A create was answered with this id.</summary>
    public void Created(ObjectId id, ObjectType type)
    {
        var entry = table.Find(id);
        if (entry is null || entry.Type != type)
        {
            findings.Report("I2", $"{context}: {type} {id} was created, but a lookup finds {Describe(entry)}");
            return;
        }
        if (entry.Hardware is null
            && type is not (ObjectType.Ioas or ObjectType.Access or ObjectType.Fault or ObjectType.Veventq))
            findings.Report("I2", $"{context}: {type} {id} is visible before it is initialised");
        _live[id] = (type, entry.Actor);
    }

    /// <summary>A destroy of this id was answered with success.</summary>
    public void Destroyed(ObjectId id)
    {
        if (_live.Remove(id, out var was)) _gone[id] = was.Actor;
    }

    /// <summary>The vDEVICE of this id went with its device.</summary>
    public void Tombstoned(ObjectId id)
    {
        _live.Remove(id);
        _tombstones.Add(id);
    }

    /// <summary>Looks everything up.</summary>
    public void Check()
    {
        foreach (var (id, (type, actor)) in _live)
            if (table.Find(id) is var entry && (entry is null || !entry.Actor.Equals(actor)))
                findings.Report("I2", $"{context}: {type} {id} exists, but a lookup finds {Describe(entry)}");
        foreach (var (id, actor) in _gone)
            if (table.Find(id) is { } entry && entry.Actor.Equals(actor))
                findings.Report("I2", $"{context}: {entry.Type} {id} was destroyed, but a lookup still finds it");
        foreach (var id in _tombstones)
            if (table.Find(id) is { } entry)
                findings.Report("I2", $"{context}: a tombstone stands on {id}, but a lookup finds {Describe(entry)}");
    }

    private static string Describe(ObjectEntry? entry) => entry is null ? "nothing" : $"a {entry.Type}";
}
