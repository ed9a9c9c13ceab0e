using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>Hardware queues (viommu.c), fault queues and event queues (eventq.c).</summary>
internal sealed partial class IommufdModel
{
    private const uint EventsMax = 1 << 19;
    private const ulong PointersMax = int.MaxValue / sizeof(ulong);

    private Answer AllocHwQueue(HwQueueAlloc call)
    {
        if (call.Flags != 0 || call.Type == HwQueueType.Default) return Errno.EOPNOTSUPP;
        if (call.LengthBytes == 0) return Errno.EINVAL;
        if (call.Iova > ulong.MaxValue - (call.LengthBytes - 1)) return Errno.EOVERFLOW;
        if (Lookup<ViommuObject>(call.Viommu) is not { } viommu) return Errno.ENOENT;
        if (!viommu.Iommu.HasHwQueues(call.Type)) return Errno.EOPNOTSUPP;
        var offset = call.Iova % ModelState.PageBytes;
        if (call.LengthBytes > ulong.MaxValue - offset - (ModelState.PageBytes - 1)) return Errno.ERANGE;
        var lengthBytes = (call.LengthBytes + offset + (ModelState.PageBytes - 1)) & ~(ModelState.PageBytes - 1);

        if (lengthBytes / ModelState.PageBytes > PointersMax) return Errno.ENOMEM;
        var others = QueuesOf(call.Viommu).ToDictionary();
        var below = others.FirstOrDefault(other => call.Index > 0 && other.Value.Index == call.Index - 1).Key;
        var id = Add(new HwQueueObject(call.Viommu, call.Type, call.Index, new ObjectId(below)));
        var ioas = Find<PagingObject>(viommu.Hwpt)!.Ioas;
        var errno = Join(id, ioas);
        if (errno == Errno.None) errno = PinRange(id, call.Iova - offset, lengthBytes, write: false);
        if (errno == Errno.None && !IsContiguous(ioas, call.Iova - offset, lengthBytes)) errno = Errno.EFAULT;
        if (errno == Errno.None) errno = viommu.Iommu.HwQueue(call.Index, [.. others.Values.Select(other => other.Index)]);
        return errno == Errno.None ? id : errno;
    }

    private IEnumerable<KeyValuePair<uint, HwQueueObject>> QueuesOf(ObjectId viommu) =>
        from entry in State.Objects
        where entry.Value is HwQueueObject queue && queue.Viommu == viommu
        select KeyValuePair.Create(entry.Key, (HwQueueObject)entry.Value);

    private bool IsContiguous(ObjectId ioas, ulong iova, ulong lengthBytes)
    {
        ulong? last = null;
        foreach (var frame in Frames(ioas, iova, lengthBytes))
        {
            if (last is not null && frame != last + ModelState.PageBytes) return false;
            last = frame;
        }
        return true;
    }

    /// <summary>The frame of each page that a mapped range touches, slice by slice.</summary>
    private IEnumerable<ulong> Frames(ObjectId ioas, ulong iova, ulong lengthBytes)
    {
        foreach (var slice in SlicesOf(Find<IoasObject>(ioas)!, new IovaRange(iova, iova + (lengthBytes - 1))))
        {
            var last = (slice.Address + (slice.LengthBytes - 1)) / ModelState.PageBytes;
            for (var page = slice.Address / ModelState.PageBytes; page <= last; page++)
                yield return machine.Frame(page * ModelState.PageBytes);
        }
    }

    private Answer AllocFaultQueue(FaultQueueAlloc call) => call.Flags != 0 ? Errno.EOPNOTSUPP : Add(new FaultObject());

    private Answer AllocVeventq(VeventqAlloc call)
    {
        if (call.Flags != 0 || call.Type == VeventqType.Default) return Errno.EOPNOTSUPP;
        if (call.Depth is 0 or > EventsMax) return Errno.EINVAL;
        if (Lookup<ViommuObject>(call.Viommu) is null) return Errno.ENOENT;
        var second = State.Objects.Values.Any(other =>
            other is VeventqObject queue && queue.Viommu == call.Viommu && queue.QueueType == call.Type);
        return second ? Errno.EEXIST : Add(new VeventqObject(call.Viommu, call.Type));
    }

    /// <summary>The queue can be destroyed from now on. EBADF when there is no such file.</summary>
    private Answer CloseFile(ObjectId id)
    {
        switch (Find<ModelObject>(id))
        {
            case FaultObject { IsOpen: true } fault:
                Set(id, fault with { IsOpen = false });
                return Answer.Success;
            case VeventqObject { IsOpen: true } queue:
                Set(id, queue with { IsOpen = false });
                return Answer.Success;
            default:
                return Errno.EBADF;
        }
    }

    /// <summary>Whether a process still has an event file or a mapping open: then its last close does not come.</summary>
    public bool HasOpenFiles =>
        State.Objects.Values.Any(value =>
            value is FaultObject { IsOpen: true } or VeventqObject { IsOpen: true } or ViommuObject { Mappings: > 0 });
}
