using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Contexts;

/// <summary>
/// Where a call goes first: to the object that it depends on, looked up in the published table without asking anybody. What needs no
/// object's state to be refused is refused here.
/// </summary>
internal static class CallRouter
{
    /// <param name="call">The call.</param>
    /// <param name="table">The published objects.</param>
    /// <param name="context">The context's actor.</param>
    /// <param name="process">Whose call it is; goes along where memory, files or rights of the caller matter.</param>
    public static Route Find(Call call, ObjectTable table, IActorRef context, UserProcess process) => call switch
    {
        IoasAlloc or DeviceBind or Close => new Route(context, call),
        Destroy destroy => Direct(table.Find(destroy.Id), call),
        IoasMap map => CallRules.Map(map) is var errno and not Errno.None
            ? new Route(errno) : Direct(table.Find(map.Ioas, ObjectType.Ioas), call),
        IoasUnmap unmap => Direct(table.Find(unmap.Ioas, ObjectType.Ioas), call),
        DeviceUnbind unbind => ToGroup(unbind.Device, call, table),
        DeviceDetach detach => ToGroup(detach.Device, call, table),
        GetHwInfo info => DeviceRules.HwInfo(info) is var errno and not Errno.None
            ? new Route(errno) : Direct(table.Find(info.Device, ObjectType.Device), call),
        HwptInvalidate invalidate => Invalidate(invalidate, table),
        HwptAlloc alloc => Hwpt(alloc, table),
        ViommuAlloc alloc => Viommu(alloc, table),
        VdeviceAlloc alloc => Vdevice(alloc, table),
        DeviceAttach attach => Attach(attach, table),
        _ => new Route(Errno.ENOTTY),
    };

    private static Route Direct(ObjectEntry? entry, Call call) =>
        entry is null ? new Route(Errno.ENOENT) : new Route(entry.Actor, call);

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
            { Type: ObjectType.HwptNested } => new Route(Errno.EOPNOTSUPP),
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
            { Type: ObjectType.Ioas or ObjectType.Viommu } parent => new Route(parent.Actor, new Acquire(call, device)),
            // A nested domain straight on its parent is for drivers without vIOMMUs; none here has that operation.
            { Type: ObjectType.HwptPaging } => new Route(Errno.EOPNOTSUPP),
            _ => new Route(Errno.EINVAL),
        };
    }

    private static Route Viommu(ViommuAlloc call, ObjectTable table)
    {
        var errno = CallRules.Viommu(call);
        if (errno != Errno.None) return new Route(errno);
        var device = table.Find(call.Device, ObjectType.Device);
        var hwpt = table.Find(call.Hwpt, ObjectType.HwptPaging);
        return device is null || hwpt is null ? new Route(Errno.ENOENT) : new Route(hwpt.Actor, new Acquire(call, device));
    }

    private static Route Vdevice(VdeviceAlloc call, ObjectTable table)
    {
        var viommu = table.Find(call.Viommu, ObjectType.Viommu);
        var device = table.Find(call.Device, ObjectType.Device);
        return viommu is null || device is null ? new Route(Errno.ENOENT) : new Route(device.Actor, new Acquire(call, viommu));
    }

    private static Route Attach(DeviceAttach call, ObjectTable table)
    {
        if (table.Find(call.Device, ObjectType.Device) is not { } device) return new Route(Errno.ENOENT);
        return table.Find(call.PageTable) switch
        {
            { Type: ObjectType.Ioas or ObjectType.HwptPaging or ObjectType.HwptNested } target =>
                new Route(target.Actor, new Acquire(call, device)),
            null => new Route(Errno.ENOENT),
            _ => new Route(Errno.EINVAL),
        };
    }
}

/// <summary>A target and what to send it; or an answer, when the call is refused at once.</summary>
internal readonly record struct Route(IActorRef? Target, object Message)
{
    public Route(Errno errno) : this(null, (Answer)errno) { }
}
