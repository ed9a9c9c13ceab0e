using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Contexts;

/// <summary>
/// Where a call goes first: to the object that it depends on, looked up in the published table without asking anybody. What needs no
/// object's state to be refused is refused here.
/// </summary>
internal static partial class CallRouter
{
    /// <param name="call">The call.</param>
    /// <param name="table">The published objects.</param>
    /// <param name="context">The context's actor.</param>
    /// <param name="process">Whose call it is; goes along where memory, files or rights of the caller matter.</param>
    /// <param name="owner">Who owns an access that it creates; null when it comes from no actor that could be told.</param>
    public static Route Find(Call call, ObjectTable table, IActorRef context, UserProcess process, IActorRef? owner = null) => call switch
    {
        IoasAlloc { Flags: not 0 } => new Route(Errno.EOPNOTSUPP),
        IoasAlloc or DeviceBind or Close => new Route(context, call),
        IoasChangeProcess => new Route(context, new FromProcess(call, process)),
        Destroy destroy => Direct(table.Find(destroy.Id), call),
        IoasMap map => ToIoas(CallRules.Map(map.Flags, map.Iova, map.LengthBytes), map.Ioas, new FromProcess(map, process), table),
        IoasMapFile map => ToIoas(CallRules.Map(map.Flags, map.Iova, map.LengthBytes), map.Ioas, new FromProcess(map, process), table),
        IoasCopy copy => ToIoas(CallRules.Copy(copy), copy.Source, copy, table),
        IoasUnmap unmap => ToIoas(Errno.None, unmap.Ioas, unmap, table),
        IoasAllowIovas allow => ToIoas(Errno.None, allow.Ioas, allow, table),
        IoasIovaRanges ranges => ToIoas(Errno.None, ranges.Ioas, ranges, table),
        IoasReserve reserve => ToIoas(CallRules.Reserve(reserve), reserve.Ioas, reserve, table),
        IoasNoiommuGetPa get => ToIoas(CallRules.NoiommuGetPa(get, process), get.Ioas, get, table),
        Option { OptionId: OptionId.RlimitMode } option => CallRules.RlimitMode(option, process) is var errno and not Errno.None
            ? new Route(errno) : new Route(context, option),
        Option { OptionId: OptionId.HugePages } option => ToIoas(Errno.None, option.Object, option, table),
        Option => new Route(Errno.EOPNOTSUPP),
        AccessCreate create => new Route(context, new CreateAccess(create, owner ?? ActorRefs.Nobody)),
        AccessCall access => Direct(table.Find(access.Access, ObjectType.Access), call),
        DeviceUnbind unbind => ToGroup(unbind.Device, call, table),
        DeviceDetach detach => ToGroup(detach.Device, call, table),
        GetHwInfo info => DeviceRules.HwInfo(info) is var errno and not Errno.None
            ? new Route(errno) : Direct(table.Find(info.Device, ObjectType.Device), call),
        HwptInvalidate invalidate => Invalidate(invalidate, table),
        HwptAlloc alloc => Hwpt(alloc, table),
        ViommuAlloc alloc => Viommu(alloc, table),
        VdeviceAlloc alloc => Vdevice(alloc, table),
        HwQueueAlloc alloc => HwQueue(alloc, table),
        HwptSetDirtyTracking set => Dirty(set, set.Hwpt, DirtyBitmap.CheckFlags(set.Flags), table),
        HwptGetDirtyBitmap get => Dirty(get, get.Hwpt, DirtyBitmap.CheckFlags(get.Flags), table),
        Mmap map => MmapTable<ViommuServices>.Check(map) is var errno and not Errno.None
            ? new Route(errno) : Region(map, map.Offset, Errno.ENXIO, table),
        MmapDuplicate duplicate => Region(duplicate, duplicate.Offset, Errno.EINVAL, table),
        Munmap unmap => Region(unmap, unmap.Offset, Errno.EINVAL, table),
        FaultQueueAlloc alloc => FaultQueue(alloc, context),
        VeventqAlloc alloc => Veventq(alloc, table),
        DeviceAttach attach => Attach(attach, table),
        SelftestCall selftest => SelftestRouter.Find(selftest, table, context, process),
        VfioIoas or VfioCall => VfioRouter.Find(call, table, context, process),
        _ => new Route(Errno.ENOTTY),
    };

    private static Route Direct(ObjectEntry? entry, Call call) =>
        entry is null ? new Route(Errno.ENOENT) : new Route(entry.Actor, call);

    private static Route ToIoas(Errno refused, ObjectId ioas, object message, ObjectTable table) =>
        refused != Errno.None ? new Route(refused)
        : table.Find(ioas, ObjectType.Ioas) is { } entry ? new Route(entry.Actor, message) : new Route(Errno.ENOENT);

    private static Route ToGroup(ObjectId device, Call call, ObjectTable table) =>
        table.Find(device, ObjectType.Device)?.Group is { } group ? new Route(group, call) : new Route(Errno.ENOENT);

    private static Route Invalidate(HwptInvalidate call, ObjectTable table)
    {
        var errno = CallRules.Invalidate(call);
        if (errno != Errno.None) return new Route(errno);
        return table.Find(call.Target) switch
        {
            null => new Route(Errno.ENOENT),
            { Type: ObjectType.Viommu } when !CallRules.HasEntries(call) => new Route(Errno.EFAULT),
            { Type: ObjectType.Viommu } viommu => new Route(viommu.Actor, call),
            { Type: ObjectType.HwptNested } nested => new Route(nested.Actor, call),
            _ => new Route(Errno.EINVAL),
        };
    }

    private static Route Hwpt(HwptAlloc call, ObjectTable table)
    {
        var errno = CallRules.HwptData(call);
        if (errno != Errno.None) return new Route(errno);
        if (table.Find(call.Device, ObjectType.Device) is not { } device) return new Route(Errno.ENOENT);
        return table.Find(call.Parent) switch
        {
            { Type: ObjectType.Ioas or ObjectType.HwptPaging or ObjectType.Viommu } parent =>
                new Route(parent.Actor, new Acquire(call, device)),
            _ => new Route(Errno.EINVAL),
        };
    }

    private static Route Attach(DeviceAttach call, ObjectTable table)
    {
        if (table.Find(call.Device, ObjectType.Device) is not { } device) return new Route(Errno.ENOENT);
        return table.Find(call.PageTable) switch
        {
            { Type: ObjectType.Ioas or ObjectType.HwptPaging or ObjectType.HwptNested } target =>
                new Route(target.Actor, new Acquire(call, device) { Ioas = target.Type == ObjectType.Ioas ? target.Actor : null }),
            null => new Route(Errno.ENOENT),
            _ => new Route(Errno.EINVAL),
        };
    }
}

/// <summary>A target and what to send it; or an answer, when the call is refused at once.</summary>
internal readonly record struct Route(IActorRef? Target, object Message)
{
    public Route(Errno errno) : this(null, (Answer)errno) { }

    public Route(Answer answer) : this(null, (object)answer) { }
}
