using System.Collections.Immutable;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>
/// The parts of calls that are not atomic, for the histories of concurrent callers: an object is on its way out before it is gone,
/// and holds until then what it holds.
/// </summary>
internal sealed partial class IommufdModel
{
    private const uint FirstAlone = 1 << 30;

    private List<ObjectId>? _unwanted;
    private IReadOnlyList<ObjectId> _refused = [];

    /// <summary>As <see cref="Step"/>, but automatic domains that lose their last reference stay for <see cref="LeaveUnwanted"/>.</summary>
    /// <param name="call">The call.</param>
    /// <param name="refused">Automatic domains that an attach has tried already.</param>
    /// <param name="unwanted">Those that lost their last reference.</param>
    public Answer StepAndKeepUnwanted(Call call, IReadOnlyList<ObjectId> refused, out IReadOnlyList<ObjectId> unwanted)
    {
        var kept = _unwanted = [];
        _refused = refused;
        var answer = Step(call);
        (_unwanted, _refused) = (null, []);
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

    public bool IsAttached(ObjectId device) => State.Attachments.Values.Any(attachment => attachment.Devices.Contains(device.Value));

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
        var ring = AddAlone(new HwQueueObject(call.Viommu, call.Type, call.Index, ObjectId.None));
        var ioas = Find<PagingObject>(viommu.Hwpt)!.Ioas;
        if (Join(ring, ioas) != Errno.None) return null;
        PinRange(ring, start, lengthBytes, write: false);
        return ring;
    }

    /// <summary>A paging HWPT that is none yet: its domain is in the IOAS. Null when it does not get there.</summary>
    public ObjectId? FillAlone(HwptAlloc call) => FillAlone(
        call.Device, call.Parent, call.Flags & ~HwptAllocFlags.FaultIdValid, new UserData(call.DataType, call.Data));

    /// <summary>The automatic domain of an attach that fails.</summary>
    public ObjectId? FillAlone(DeviceAttach call) => FillAlone(call.Device, call.PageTable, default, default);

    /// <summary>A vIOMMU that is none yet: what it offers to mmap() has its place. Null when it offers nothing.</summary>
    public ObjectId? OfferAlone(ViommuAlloc call)
    {
        if (Find<DeviceObject>(call.Device) is null || Lookup<PagingObject>(call.Hwpt) is not { } parent) return null;
        var iommu = Physical(call.Device).Iommu;
        var built = iommu.HasViommus(call.Type) ? iommu.Viommu(new UserData(call.Type, call.Data), parent.Iommu) : Errno.EOPNOTSUPP;
        if (built.Failed || built.Value == 0) return null;
        return AddAlone(new ViommuObject(call.Hwpt, iommu, call.Type) { MmapOffset = AllocMmap(built.Value), MmapBytes = built.Value });
    }

    /// <summary>
    /// All that an attach may have tried when it tries the next: the first automatic domain of the IOAS, the first two, and so on, as far
    /// as they refuse with EINVAL.
    /// </summary>
    public IEnumerable<ImmutableList<ObjectId>> Refusing(DeviceAttach call)
    {
        var refused = ImmutableList<ObjectId>.Empty;
        if (Lookup<DeviceObject>(call.Device) is null || Lookup<IoasObject>(call.PageTable) is not { } ioas) yield break;
        foreach (var hwpt in ioas.Hwpts.Where(IsJoinable))
        {
            if (Fork().Move(call.Device, call.Pasid, hwpt, Replaces(call)) != Errno.EINVAL) yield break;
            refused = refused.Add(hwpt);
            yield return refused;
        }
    }

    private ObjectId? FillAlone(ObjectId deviceId, ObjectId ioas, HwptAllocFlags flags, UserData data)
    {
        if (Find<DeviceObject>(deviceId) is null || Lookup<IoasObject>(ioas) is null) return null;
        var device = Physical(deviceId);
        var limits = device.Iommu.Paging(device, flags, data);
        if (limits.Failed) return null;
        var made = AddAlone(new PagingObject(ioas, device.Iommu, flags, limits.Value!, Auto: false, ObjectId.None));
        return Fill(made) == Errno.None ? made : null;
    }

    /// <summary>Nobody looks it up, and no object gets its id.</summary>
    private ObjectId AddAlone(ModelObject added)
    {
        var id = FirstAlone;
        while (Find<ModelObject>(new ObjectId(id)) is not null) id++;
        Set(new ObjectId(id), added);
        Leave(new ObjectId(id));
        return new ObjectId(id);
    }

    public ObjectId? VdeviceOf(ObjectId device)
    {
        foreach (var (id, value) in State.Objects)
            if (value is VdeviceObject vdevice && vdevice.Device == device) return new ObjectId(id);
        return null;
    }

    /// <summary>The vIOMMU of a vDEVICE knows it no more. False for what is no vDEVICE, or is unlinked.</summary>
    public bool Unlink(ObjectId id)
    {
        if (Find<VdeviceObject>(id) is not { VirtualId: not null } vdevice) return false;
        Set(id, vdevice with { VirtualId = null });
        return true;
    }

    /// <summary>The object is gone, and nobody gets its id.</summary>
    public void Tombstone(ObjectId id)
    {
        Remove(id);
        State = State with { Tombstones = State.Tombstones.Add(id.Value) };
    }

    public void FreeId(ObjectId id) => State = State with { Tombstones = State.Tombstones.Remove(id.Value) };
}
