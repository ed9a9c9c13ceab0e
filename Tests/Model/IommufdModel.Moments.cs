using Iommu.Messages;

namespace Iommu.Tests.Model;

/// <summary>
/// The parts of calls that are not atomic, for the histories of concurrent callers: an object is on its way out before it is gone,
/// and holds until then what it holds.
/// </summary>
internal sealed partial class IommufdModel
{
    private List<ObjectId>? _unwanted;

    /// <summary>As <see cref="Step"/>, but automatic domains that lose their last reference stay for <see cref="LeaveUnwanted"/>.</summary>
    public Answer StepAndKeepUnwanted(Call call, out IReadOnlyList<ObjectId> unwanted)
    {
        var kept = _unwanted = [];
        var answer = Step(call);
        _unwanted = null;
        unwanted = kept;
        return answer;
    }

    /// <summary>Nobody finds the object any more. False when it has gone, or is leaving already.</summary>
    public bool Leave(ObjectId id)
    {
        if (Lookup<ModelObject>(id) is null) return false;
        State = State with { Leaving = State.Leaving.Add(id.Value) };
        return true;
    }

    /// <summary>Of automatic domains, those leave that still nobody wants.</summary>
    public IReadOnlyList<ObjectId> LeaveUnwanted(IEnumerable<ObjectId> unwanted) =>
        [.. unwanted.Where(id => Lookup<PagingObject>(id) is { Auto: true } && Users(id) == 1 && Leave(id))];

    public IReadOnlyList<ObjectId> DetachFromAll(ObjectId device)
    {
        var kept = _unwanted = [];
        var group = Physical(device).Group;
        foreach (var (at, _) in State.Attachments.Where(entry => entry.Key.Group == group)) Detach(device, at.Pasid);
        _unwanted = null;
        return kept;
    }

    public void Remove(IEnumerable<ObjectId> ids)
    {
        foreach (var id in ids) Remove(id);
    }

    public ObjectId? VdeviceOf(ObjectId device)
    {
        foreach (var (id, value) in State.Objects)
            if (value is VdeviceObject vdevice && vdevice.Device == device) return new ObjectId(id);
        return null;
    }

    public void Tombstone(ObjectId vdevice)
    {
        Remove(vdevice);
        State = State with { Tombstones = State.Tombstones.Add(vdevice.Value) };
    }
}
