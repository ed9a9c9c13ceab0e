using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// A vIOMMU: a guest's slice of a physical IOMMU. Nested HWPTs, vDEVICEs and hardware queues are made on it, and the guest's trapped
/// invalidations go through it to the hardware queue, which answers the caller itself. It is its driver's only caller.
/// </summary>
internal sealed partial class ViommuActor(
    ObjectEnvironment environment, ObjectId id, IViommuDriver viommu, ViommuServices services, IActorRef parent, IActorRef ioas, int users)
    : ObjectActor(environment, id, ObjectType.Viommu, users)
{
    protected override void OnAcquired(Acquire acquire)
    {
        switch (acquire.Call)
        {
            case HwptAlloc call:
                BuildNested(call, acquire.Other!);
                break;
            case HwQueueAlloc call:
                PinRing(call);
                break;
            case VeventqAlloc call:
                BuildVeventq(call);
                break;
        }
    }

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case HwptInvalidate call:
                if (Lifetime.Admit(Sender))
                    Issue(viommu.Invalidate(call.DataType, call.Entries.Span, call.EntryLength, call.EntryNum));
                break;
            case LinkVdevice link:
                BuildVdevice(link);
                break;
            case UnlinkVdevice unlink:
                UnlinkVdevice(unlink);
                break;
            case RingPinned pinned:
                OnRingPinned(pinned);
                break;
            case QueueRefused refused:
                UndoQueue(refused.Dependent, linked: false, Errno.EIO, Sender);
                break;
            case FreeQueue free:
                FreeQueue(free);
                break;
            case Mmap map:
                Map(map);
                break;
            case MmapDuplicate duplicate:
                Duplicate(duplicate);
                break;
            case Munmap unmap:
                Unmap(unmap);
                break;
            case EndMappings:
                ForgetMappings();
                break;
            case Adopted adopted:
                OnAdopted(adopted);
                break;
            case Abort abort:
                Undo(abort, Sender);
                break;
            default:
                OnEvents(message);
                break;
        }
    }

    protected override void Undo() => Lifetime.Run(Environment.Holdings.Free(viommu), () =>
    {
        End(services);
        Lifetime.Retire(false, (parent, Release.Dependant));
    });

    private void BuildNested(HwptAlloc call, ObjectEntry device)
    {
        var errno = CallRules.HwptNested(call, viommu, (PhysicalDevice)device.Hardware!);
        if (errno == Errno.None && Environment.Failures.ShouldFail("build nested hwpt")) errno = Errno.ENOMEM;
        var built = errno == Errno.None
            ? Environment.Holdings.Take(viommu.AllocNested(CallRules.DriverFlags(call), UserData.Of(call))) : errno;
        if (built.Failed) EndCall(built.Errno);
        else Environment.HandOver(call, new HwptNestedBlueprint(Self, Lifetime.Id, null, call, built.Value!) { MadeFor = device }, Sender);
    }

    /// <summary>The driver accepts the device before anybody can look the vDEVICE up (B10).</summary>
    private void BuildVdevice(LinkVdevice link)
    {
        if (!Lifetime.Admit(Sender))
        {
            link.Device.Actor.Tell(VdeviceUnlinked.Instance);
            return;
        }
        var errno = Environment.Failures.ShouldFail("build vdevice")
            ? Errno.ENOMEM : Environment.Holdings.AddVdevice(viommu, (PhysicalDevice)link.Device.Hardware!, link.Call.VirtualId);
        if (errno != Errno.None)
        {
            link.Device.Actor.Tell(VdeviceUnlinked.Instance);
            EndCall(errno);
            return;
        }
        Environment.Context.Forward(
            new Adopt(new VdeviceBlueprint(Self, Lifetime.Id, viommu, link.Device, link.Call.VirtualId)));
    }

    private void UnlinkVdevice(UnlinkVdevice unlink)
    {
        Environment.Holdings.RemoveVdevice(viommu, unlink.VirtualId);
        Environment.Context.Tell(
            new Retire(unlink.Id, unlink.Tombstone, unlink.Farewell,
                (Self, Release.Dependant), (unlink.Device, VdeviceUnlinked.Instance)),
            unlink.Remover);
    }

    private void OnAdopted(Adopted adopted)
    {
        Lifetime.Release(Release.CallOnly);
        if (adopted.Blueprint is not HwQueueBlueprint) return;
        _adopting = false;
        BuildNextQueue();
    }

    private void Undo(Abort abort, IActorRef caller)
    {
        switch (abort.Blueprint)
        {
            case VdeviceBlueprint vdevice:
                Environment.Holdings.RemoveVdevice(viommu, vdevice.VirtualId);
                vdevice.Device.Tell(VdeviceUnlinked.Instance);
                EndCall(caller, abort.Errno);
                break;
            case HwptNestedBlueprint nested:
                Lifetime.Run(Environment.Holdings.Free(nested.Domain), () => EndCall(caller, abort.Errno));
                break;
            case HwQueueBlueprint queue:
                UndoQueue(queue, linked: true, abort.Errno, caller);
                break;
            case VeventqBlueprint queue:
                ForgetVeventq(queue.Call.Type);
                EndCall(caller, abort.Errno);
                break;
        }
    }
}
