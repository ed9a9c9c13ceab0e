using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>Ids, references, DESTROY (main.c).</summary>
internal sealed partial class IommufdModel
{
    /// <summary>An object that exists, also one that nobody can look up any more.</summary>
    public T? Find<T>(ObjectId id) where T : ModelObject => State.Objects.GetValueOrDefault(id.Value) as T;

    /// <summary>What a call finds under an id.</summary>
    public T? Lookup<T>(ObjectId id) where T : ModelObject =>
        State.Leaving.Contains(id.Value) || State.Arriving.Contains(id.Value) ? null : Find<T>(id);

    /// <summary>
    /// <c>users</c> when no call is in flight: 1, what owns it beside the context, and each reference of an object or an attachment.
    /// </summary>
    public int Users(ObjectId id) =>
        1 + State.Objects[id.Value].Owners
        + State.Objects.Values.Sum(other => other.References.Count(reference => reference == id))
        + State.Attachments.Values.Where(attachment => attachment.Hwpt == id).Sum(attachment => attachment.Devices.Count);

    /// <summary>The lowest free id, from 1 up; a tombstone's is not free.</summary>
    private ObjectId Add(ModelObject added)
    {
        var id = _nextId?.Value ?? 1u;
        _nextId = null;
        while (!IsFree(id)) id++;
        State = State with { Objects = State.Objects.Add(id, added) };
        return new ObjectId(id);
    }

    private bool IsFree(uint id) => !State.Objects.ContainsKey(id) && !State.Tombstones.Contains(id);

    /// <summary>How many ids below one are free; 0 when it is not free itself.</summary>
    public int FreeBelow(ObjectId id) => !IsFree(id.Value) ? 0 : Enumerable.Range(1, (int)id.Value - 1).Count(lower => IsFree((uint)lower));

    private void Set(ObjectId id, ModelObject changed) => State = State with { Objects = State.Objects.SetItem(id.Value, changed) };

    private Answer Destroy(ObjectId id)
    {
        if (Lookup<ModelObject>(id) is null) return Errno.ENOENT;
        if (Users(id) != 1) return Errno.EBUSY;
        Remove(id);
        return Answer.Success;
    }

    private void Remove(ObjectId id)
    {
        if (Find<PagingObject>(id) is { } paging)
        {
            var ioas = Find<IoasObject>(paging.Ioas)!;
            Set(paging.Ioas, ioas with { Hwpts = ioas.Hwpts.Remove(id) });
        }
        State = State with
        {
            Objects = State.Objects.Remove(id.Value),
            Leaving = State.Leaving.Remove(id.Value),
            Arriving = State.Arriving.Remove(id.Value),
            VfioIoas = State.VfioIoas == id ? ObjectId.None : State.VfioIoas,
        };
    }

    /// <summary>A domain that an attach made for itself goes with its last reference.</summary>
    private void Put(ObjectId hwpt)
    {
        if (Find<PagingObject>(hwpt) is not { Auto: true } || Users(hwpt) != 1) return;
        if (_unwanted is null) Remove(hwpt);
        else _unwanted.Add(hwpt);
    }

    private Answer CloseAll()
    {
        State = ModelState.Empty;
        return Answer.Success;
    }
}
