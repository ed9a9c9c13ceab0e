using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Objects;

/// <summary>
/// What a guest is given on a paging HWPT: a vIOMMU, or a first stage straight on it. Either is built with the context at hand and
/// adopted by it, so that an abort needs no more than its blueprint.
/// </summary>
internal sealed partial class HwptPagingActor
{
    private void BuildViommu(ViommuAlloc call, ObjectEntry device)
    {
        var physical = (PhysicalDevice)device.Hardware!;
        if (CallRules.ViommuParent(domain) is var refused and not Errno.None)
        {
            EndCall(refused);
            return;
        }
        var services = new ViommuServices(Environment.ContextName, Environment.Table.Regions, Environment.Failures, call.Vm);
        var built = Environment.Failures.ShouldFail("build viommu")
            ? Errno.ENOMEM : Environment.Holdings.Take(
                physical.Iommu.AllocViommu(physical, domain, UserData.Of(call), services), services);
        if (built.Failed)
        {
            End(services);
            EndCall(built.Errno);
            return;
        }
        Environment.Context.Forward(new Adopt(
            new ViommuBlueprint(Self, Lifetime.Id, ioas, physical.Name, call, built.Value!, services) { MadeFor = device }));
    }

    private void BuildNested(HwptAlloc call, ObjectEntry device)
    {
        var physical = (PhysicalDevice)device.Hardware!;
        var errno = CallRules.HwptNested(call, domain, auto, physical);
        if (errno == Errno.None && Environment.Failures.ShouldFail("build nested hwpt")) errno = Errno.ENOMEM;
        var built = errno == Errno.None
            ? Environment.Holdings.Take(physical.Iommu.AllocNested(physical, domain, CallRules.DriverFlags(call), UserData.Of(call)))
            : errno;
        if (built.Failed) EndCall(built.Errno);
        else Environment.HandOver(
            call, new HwptNestedBlueprint(Self, Lifetime.Id, physical.Name, call, built.Value!) { MadeFor = device }, Sender);
    }

    /// <summary>The areas are the IOAS's, and nothing may be mapped or unmapped meanwhile: it clears, and switches.</summary>
    private void TrackDirty(HwptSetDirtyTracking call)
    {
        if (domain.Dirty is null) EndCall(Errno.EOPNOTSUPP);
        else ioas.Forward(new TrackDirty(
            Environment.Table.Find(Lifetime.Id)!, call.Flags.HasFlag(DirtyTrackingFlags.Enable)));
    }

    private void Undo(Abort abort, IActorRef caller)
    {
        switch (abort.Blueprint)
        {
            case ViommuBlueprint viommu:
                Lifetime.Run(Environment.Holdings.Free(viommu.Viommu), () =>
                {
                    End(viommu.Services);
                    EndCall(caller, abort.Errno);
                });
                break;
            case HwptNestedBlueprint nested:
                Lifetime.Run(Environment.Holdings.Free(nested.Domain), () => EndCall(caller, abort.Errno));
                break;
        }
    }
}
