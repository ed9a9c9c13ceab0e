using Iommu.Messages;

namespace Iommu.Tests.Model;

/// <summary>Ids, references, DESTROY (main.c).</summary>
internal sealed partial class IommufdModel
{
    public T? Find<T>(ObjectId id) where T : ModelObject => State.Objects.GetValueOrDefault(id.Value) as T;

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
        var id = 1u;
        while (State.Objects.ContainsKey(id) || State.Tombstones.Contains(id)) id++;
        State = State with { Objects = State.Objects.Add(id, added) };
        return new ObjectId(id);
    }

    private void Set(ObjectId id, ModelObject changed) => State = State with { Objects = State.Objects.SetItem(id.Value, changed) };

    private Answer Destroy(ObjectId id)
    {
        if (!State.Objects.ContainsKey(id.Value)) return Errno.ENOENT;
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
            VfioIoas = State.VfioIoas == id ? ObjectId.None : State.VfioIoas,
        };
    }

    /// <summary>A domain that an attach made for itself goes with its last reference.</summary>
    private void Put(ObjectId hwpt)
    {
        if (Find<PagingObject>(hwpt) is { Auto: true } && Users(hwpt) == 1) Remove(hwpt);
    }

    private Answer CloseAll()
    {
        State = ModelState.Empty;
        return Answer.Success;
    }
}
