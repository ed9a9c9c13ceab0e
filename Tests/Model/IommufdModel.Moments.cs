using System.Collections.Immutable;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Model;

/// <summary>
/// The parts of calls that are not atomic, for the histories of concurrent callers: an object is on its way out before it is gone,
/// and holds until then what it holds.
/// </summary>
internal sealed partial class IommufdModel
{
    private const uint FirstRing = 1 << 30;

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

    /// <summary>It exists, and is found by nobody but those who attach to its IOAS.</summary>
    public bool Arrive(ObjectId id)
    {
        State = State with { Arriving = State.Arriving.Add(id.Value) };
        return true;
    }

    public void Show(ObjectId id) => State = State with { Arriving = State.Arriving.Remove(id.Value) };

    public IEnumerable<ObjectId> LeavingDevices() =>
        State.Leaving.Select(id => new ObjectId(id)).Where(id => Find<DeviceObject>(id) is not null);

    public void Unhide(ObjectId id) => State = State with { Leaving = State.Leaving.Remove(id.Value) };

    /// <summary>Of automatic domains, those leave that still nobody wants.</summary>
    public IReadOnlyList<ObjectId> LeaveUnwanted(IEnumerable<ObjectId> unwanted) =>
        [.. unwanted.Where(id => Find<PagingObject>(id) is { Auto: true } && Users(id) == 1 && Leave(id))];

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

    /// <summary>The first half of a copy: what is mapped in the source now.</summary>
    public Result<List<Slice>> ReadForCopy(IoasCopy call)
    {
        if (CheckMapCall(call.Flags, call.LengthBytes, call.SourceIova, call.DestinationIova) is var errno and not Errno.None) return errno;
        return Lookup<IoasObject>(call.Source) is { } source ? Slices(source, call.SourceIova, call.LengthBytes) : Errno.ENOENT;
    }

    public Answer MapCopied(IoasCopy call, IReadOnlyList<Slice> slices)
    {
        var before = State;
        var answer = Lookup<IoasObject>(call.Destination) is null
            ? Errno.ENOENT : MapSlices(call.Destination, call.Flags, call.DestinationIova, slices);
        if (answer.Errno != Errno.None) State = before;
        return answer;
    }

    /// <summary>Puts all areas that an unmap gets to into transition. Without any, it ends with the answer.</summary>
    public (ImmutableList<ulong> Areas, ulong Next, ulong Bytes, Answer Answer) BeginUnmap(IoasUnmap call, ulong from, ulong bytes)
    {
        var all = call is { Iova: 0, LengthBytes: ulong.MaxValue };
        var last = all ? ulong.MaxValue : unchecked(call.Iova + (call.LengthBytes - 1));
        if (Find<IoasObject>(call.Ioas) is not { } ioas || (!all && (call.LengthBytes is 0 or ulong.MaxValue || last < call.Iova)))
            return ([], from, bytes, Errno.EINVAL);
        var errno = Errno.None;
        var begun = ImmutableList<ulong>.Empty;
        foreach (var area in ioas.Areas.Values.Where(area => from <= last && area.Range.Meets(new IovaRange(from, last))))
        {
            errno = area.IsGoing || Pinning(call.Ioas, area).Count > 0 ? Errno.EBUSY
                : area.Iova < from || area.Last > last ? Errno.ENOENT : Errno.None;
            if (errno != Errno.None) break;
            begun = begun.Add(area.Iova);
            bytes += area.LengthBytes;
            ioas = ioas with { Areas = ioas.Areas.SetItem(area.Iova, area with { IsGoing = true }) };
        }
        if (begun.IsEmpty && errno == Errno.None && bytes == 0 && !all) errno = Errno.ENOENT;
        Set(call.Ioas, ioas);
        var next = begun.IsEmpty ? from : ioas.Areas[begun[^1]].Last == ulong.MaxValue ? ulong.MaxValue : ioas.Areas[begun[^1]].Last + 1;
        return (begun, next, bytes, new Answer(errno, bytes));
    }

    public void FinishUnmap(ObjectId id, IEnumerable<ulong> areas)
    {
        var ioas = Find<IoasObject>(id)!;
        Set(id, ioas with { Areas = ioas.Areas.RemoveRange(areas) });
    }

    /// <summary>
    /// A hardware queue that is not one yet: it is on the IOAS, and may hold the areas under its ring. Null when it does not get there.
    /// </summary>
    public ObjectId? PinRingAlone(HwQueueAlloc call)
    {
        if (call.LengthBytes == 0 || call.Iova > ulong.MaxValue - 2 * ModelState.PageBytes - call.LengthBytes) return null;
        if (Lookup<ViommuObject>(call.Viommu) is not { } viommu) return null;
        var start = call.Iova & ~(ModelState.PageBytes - 1);
        var lengthBytes = (call.Iova - start + call.LengthBytes + (ModelState.PageBytes - 1)) & ~(ModelState.PageBytes - 1);
        // Nobody looks it up, and no object gets its id.
        var ring = new ObjectId(FirstRing + (uint)State.Leaving.Count);
        Set(ring, new HwQueueObject(call.Viommu, call.Type, call.Index, ObjectId.None));
        Leave(ring);
        var ioas = Find<PagingObject>(viommu.Hwpt)!.Ioas;
        if (Join(ring, ioas) != Errno.None) return null;
        PinRange(ring, start, lengthBytes, write: false);
        return ring;
    }

    /// <summary>A paging HWPT that is none yet: its domain is in the IOAS. Null when it does not get there.</summary>
    public ObjectId? FillAlone(HwptAlloc call)
    {
        if (Find<DeviceObject>(call.Device) is null || Lookup<IoasObject>(call.Parent) is null) return null;
        var device = Physical(call.Device);
        var flags = call.Flags & ~HwptAllocFlags.FaultIdValid;
        var limits = device.Iommu.Paging(device, flags, new UserData(call.DataType, call.Data));
        if (limits.Failed) return null;
        var made = new ObjectId(FirstRing + (uint)State.Leaving.Count);
        Set(made, new PagingObject(call.Parent, device.Iommu, flags, limits.Value!, Auto: false, ObjectId.None));
        Leave(made);
        return Fill(made) == Errno.None ? made : null;
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
