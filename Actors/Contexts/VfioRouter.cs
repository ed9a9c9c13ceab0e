using Akka.Actor;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Contexts;

/// <summary>Where the calls of the VFIO compatibility go first, as <see cref="CallRouter"/> for all others (vfio_compat.c).</summary>
internal static class VfioRouter
{
    public static Route Find(Call call, ObjectTable table, IActorRef context, UserProcess process) => call switch
    {
        VfioIoas { Op: VfioIoasOp.Get } => table.Vfio.Ioas is { } ioas ? new Route(ioas.Id) : new Route(Errno.ENODEV),
        VfioIoas { Op: VfioIoasOp.Set } set =>
            table.Find(set.Ioas, ObjectType.Ioas) is { } ioas ? new Route(ioas.Actor, set) : new Route(Errno.ENOENT),
        VfioIoas { Op: VfioIoasOp.Clear } => new Route(context, call),
        VfioIoas => new Route(Errno.EOPNOTSUPP),
        VfioAttachGroup => new Route(context, call),
        VfioCheckExtension check => CheckExtension(check, table.Vfio),
        VfioSetIommu set => SetIommu(set, table.Vfio, process),
        VfioMapDma map => ToIoas(new FromProcess(map, process), table.Vfio),
        _ => ToIoas(call, table.Vfio),
    };

    private static Route CheckExtension(VfioCheckExtension call, VfioState vfio) => call.Extension switch
    {
        VfioExtension.Type1 or VfioExtension.Type1V2 or VfioExtension.UnmapAll => new Route(Is(!vfio.NoIommu)),
        VfioExtension.NoIommu => new Route(Is(true)),
        VfioExtension.DmaCc => ToIoas(call, vfio),
        _ => new Route(Is(false)),
    };

    private static Route SetIommu(VfioSetIommu call, VfioState vfio, UserProcess process)
    {
        if (call.Type == VfioExtension.NoIommu && vfio.NoIommu)
            return new Route(process.Has(ProcessCapabilities.SysRawio) ? Errno.None : Errno.EPERM);
        if (call.Type is not (VfioExtension.Type1 or VfioExtension.Type1V2) || vfio.NoIommu) return new Route(Errno.EINVAL);
        return ToIoas(call, vfio);
    }

    private static Route ToIoas(object message, VfioState vfio) =>
        vfio.Ioas is { } ioas ? new Route(ioas.Actor, message) : new Route(Errno.ENODEV);

    private static Answer Is(bool there) => new(Errno.None, there ? 1UL : 0);
}
