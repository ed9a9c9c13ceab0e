using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>
/// iommufd as one sequential function: what a call answers, and what it leaves. Written from the kernel's table and sources, and not
/// from the actors, so that a mistake of one is not the other's. Its state is immutable: a copy costs nothing.
/// </summary>
internal sealed partial class IommufdModel(ModelMachine machine, ModelState state)
{
    private ObjectId? _nextId;

    public ModelState State { get; private set; } = state;

    public ModelMachine Machine => machine;

    public IommufdModel Fork() => new(machine, State);

    /// <summary>The same with another object in the place of one.</summary>
    public IommufdModel With(ObjectId id, ModelObject changed) =>
        new(machine, State with { Objects = State.Objects.SetItem(id.Value, changed) });

    /// <summary>Makes a call. A call that fails leaves the state as it was (I12), but for the one that is not atomic.</summary>
    /// <param name="call">The call.</param>
    /// <param name="id">The id that an object is to get which it makes; the lowest free one when none is given.</param>
    public Answer Step(Call call, ObjectId? id = null)
    {
        var before = State;
        _nextId = id;
        var answer = Dispatch(call);
        if (answer.Errno != Errno.None && call is not (IoasUnmap or VfioUnmapDma)) State = before;
        return answer;
    }

    private Answer Dispatch(Call call) => call switch
    {
        Destroy destroy => Destroy(destroy.Id),
        Close => CloseAll(),
        DeviceBind bind => Bind(bind.Name),
        DeviceUnbind unbind => Unbind(unbind.Device),
        DeviceAttach attach => Attach(attach),
        DeviceDetach detach => Detach(detach),
        GetHwInfo info => HwInfo(info),
        IoasAlloc alloc => alloc.Flags != 0 ? Errno.EOPNOTSUPP : Add(new IoasObject()),
        IoasAllowIovas allow => Allow(allow),
        IoasIovaRanges ranges => UsableRanges(ranges),
        IoasMap map => Map(map),
        IoasCopy copy => Copy(copy),
        IoasUnmap unmap => Unmap(unmap),
        HwptAlloc alloc => AllocHwpt(alloc),
        HwptInvalidate invalidate => Invalidate(invalidate),
        ViommuAlloc alloc => AllocViommu(alloc),
        VdeviceAlloc alloc => AllocVdevice(alloc),
        Option option => Option(option),
        VfioIoas vfio => VfioIoas(vfio),
        HwptSetDirtyTracking dirty => SetDirtyTracking(dirty),
        HwptGetDirtyBitmap dirty => GetDirtyBitmap(dirty),
        HwQueueAlloc alloc => AllocHwQueue(alloc),
        FaultQueueAlloc alloc => AllocFaultQueue(alloc),
        VeventqAlloc alloc => AllocVeventq(alloc),
        CloseEventFile close => CloseFile(close.Queue),
        AccessCreate create => Add(new AccessObject(create.PinsPages)),
        AccessAttach attach => AttachAccess(attach),
        AccessReplace replace => ReplaceAccess(replace),
        AccessDetach detach => DetachAccess(detach),
        AccessPin pin => PinPages(pin),
        AccessUnpin unpin => UnpinPages(unpin),
        AccessRead read => Read(read),
        AccessWrite write => CheckRw(write.Access, write.Iova, (ulong)write.Bytes.Length, write: true),
        AccessDestroy destroy => DestroyAccess(destroy),
        Mmap mmap => Mmap(mmap),
        Munmap munmap => Munmap(munmap.Offset),
        MmapDuplicate duplicate => DuplicateMmap(duplicate.Offset),
        VfioAttachGroup attach => AttachGroup(attach),
        VfioSetIommu set => SetIommu(set),
        VfioCheckExtension check => CheckExtension(check),
        VfioGetInfo => VfioInfo(),
        VfioMapDma map => MapDma(map),
        VfioUnmapDma unmap => UnmapDma(unmap),
        _ => throw new NotSupportedException($"the model has no {call.GetType().Name}"),
    };
}
