using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// A vIOMMU: a guest's slice of a physical IOMMU. Nested HWPTs and vDEVICEs are made on it, and the guest's trapped invalidations
/// go through it to the hardware queue, which answers the caller itself.
/// </summary>
internal sealed class ViommuActor(ObjectEnvironment environment, ObjectId id, IViommuDriver viommu, IActorRef parent, int users)
    : ObjectActor(environment, id, ObjectType.Viommu, users)
{
    protected override void OnAcquired(Acquire acquire) => BuildNested((HwptAlloc)acquire.Call, acquire.Other!);

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case HwptInvalidate call:
                Invalidate(call);
                break;
            case LinkVdevice link:
                BuildVdevice(link);
                break;
            case Adopted:
                Lifetime.Release(Release.CallOnly);
                break;
            case Abort abort:
                Undo(abort);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void Undo() =>
        Lifetime.Run(viommu.Free(), () => Lifetime.Retire(false, (parent, Release.Dependant)));

    private void Invalidate(HwptInvalidate call)
    {
        if (!Lifetime.Admit(Sender)) return;
        var prepared = viommu.Invalidate(call.DataType, call.Entries.Span, call.EntryLength, call.EntryNum);
        var answer = new Answer(prepared.Errno, (ulong)prepared.Handled);
        if (prepared.Batch is { } batch)
        {
            Environment.Queues[batch.Queue].Tell(new RunBatch(batch, Self, BatchDone.Untagged, answer), Sender);
            return;
        }
        Lifetime.Release(Release.Call);
        Sender.Tell(answer);
    }

    private void BuildNested(HwptAlloc call, ObjectEntry device)
    {
        var errno = CallRules.HwptNested(call, viommu, (PhysicalDevice)device.Hardware!);
        if (errno == Errno.None && Environment.Failures.ShouldFail("build nested hwpt")) errno = Errno.ENOMEM;
        var built = errno == Errno.None ? viommu.AllocNested(call.Flags, UserData.Of(call)) : errno;
        if (built.Failed) EndCall(built.Errno);
        else Environment.Context.Forward(new Adopt(new HwptNestedBlueprint(Self, Lifetime.Id, call, built.Value!)));
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
            ? Errno.ENOMEM : viommu.AddVdevice((PhysicalDevice)link.Device.Hardware!, link.Call.VirtualId);
        if (errno != Errno.None)
        {
            link.Device.Actor.Tell(VdeviceUnlinked.Instance);
            EndCall(errno);
            return;
        }
        Environment.Context.Forward(
            new Adopt(new VdeviceBlueprint(Self, Lifetime.Id, viommu, link.Device, link.Call.VirtualId)));
    }

    private void Undo(Abort abort)
    {
        var caller = Sender;
        switch (abort.Blueprint)
        {
            case VdeviceBlueprint vdevice:
                viommu.RemoveVdevice(vdevice.VirtualId);
                vdevice.Device.Tell(VdeviceUnlinked.Instance);
                End();
                break;
            case HwptNestedBlueprint nested:
                Lifetime.Run(nested.Domain.Free(), End);
                break;
        }

        void End()
        {
            Lifetime.Release(Release.Call);
            caller.Tell((Answer)abort.Errno);
        }
    }
}
