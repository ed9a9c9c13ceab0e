using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Groups;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// A paging HWPT. Its domain is filled by its IOAS, which also takes it out again; here are its counts, and what is made on it.
/// </summary>
internal sealed partial class HwptPagingActor(
    ObjectEnvironment environment, ObjectId id, IPagingDomain domain, IActorRef ioas, bool auto, int users)
    : ObjectActor(environment, id, ObjectType.HwptPaging, users)
{
    protected override void OnAcquired(Acquire acquire)
    {
        switch (acquire.Call)
        {
            case ViommuAlloc call:
                BuildViommu(call, acquire.Other!);
                break;
            case HwptAlloc call:
                BuildNested(call, acquire.Other!);
                break;
            case HwptSetDirtyTracking call:
                TrackDirty(call);
                break;
            case HwptGetDirtyBitmap call:
                ioas.Forward(new ReadDirty(Environment.Table.Find(Lifetime.Id)!, call));
                break;
            case DeviceAttach:
                acquire.Other!.Group!.Tell(new AttachTo(Environment.Table.FindOwn(Lifetime.Id), acquire), Sender);
                break;
        }
    }

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case Depart depart:
                Depart(depart);
                break;
            case Adopted:
                Lifetime.Release(Release.CallOnly);
                break;
            case Abort abort:
                Undo(abort, Sender);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void OnReceive(object message)
    {
        // An attach to the IOAS that comes too late for this domain gets another of its making.
        if (message is Acquire { Ioas: { } again } && Lifetime.Leaving)
        {
            again.Forward(message);
            return;
        }
        base.OnReceive(message);
    }

    private void Depart(Depart depart)
    {
        Lifetime.Release(depart.Release);
        if (Lifetime.Users == 1) Lifetime.Destroy(depart.Caller, depart.Answer);
        else depart.Caller.Tell(depart.Answer);
    }

    /// <summary>The IOAS empties the domain, frees it, retires this object and lets go of itself: see <see cref="IoasActor"/>.</summary>
    protected override void Undo() => ioas.Tell(new WithdrawDomain(domain, Lifetime.Id, Lifetime.Remover, Lifetime.Farewell), Self);
}
