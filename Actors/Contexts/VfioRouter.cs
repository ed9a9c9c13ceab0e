using Akka.Actor;
using Iommu.Actors.Core;
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

    private static Route CheckExtension(VfioCheckExtension call, VfioState vfio) =>
        VfioRules.Has(call.Extension, vfio.NoIommu) is { } there
            ? new Route(new Answer(Errno.None, there ? 1UL : 0)) : ToIoas(call, vfio);

    private static Route SetIommu(VfioSetIommu call, VfioState vfio, UserProcess process)
    {
        var errno = VfioRules.SetIommu(call.Type, vfio.NoIommu, process);
        return errno != Errno.None || vfio.NoIommu ? new Route(errno) : ToIoas(call, vfio);
    }

    private static Route ToIoas(object message, VfioState vfio) =>
        vfio.Ioas is { } ioas ? new Route(ioas.Actor, message) : new Route(Errno.ENODEV);
}
