using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Groups;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>A nested HWPT: a first stage in guest memory, on a vIOMMU or straight on its nest parent.</summary>
internal sealed class HwptNestedActor(ObjectEnvironment environment, ObjectId id, INestedDomain domain, IActorRef parent, int users)
    : ObjectActor(environment, id, ObjectType.HwptNested, users)
{
    protected override void OnAcquired(Acquire acquire)
    {
        if (acquire.Call is DeviceAttach) acquire.Other!.Group!.Tell(new AttachTo(Environment.Table.Find(Lifetime.Id)!, acquire), Sender);
        else EndCall(Errno.EOPNOTSUPP);
    }

    protected override void OnOther(object message)
    {
        if (message is HwptInvalidate call) Invalidate(call);
        else Unhandled(message);
    }

    protected override void Undo() =>
        Lifetime.Run(Environment.Holdings.Free(domain), () => Lifetime.Retire(false, (parent, Release.Dependant)));

    private void Invalidate(HwptInvalidate call)
    {
        if (!Lifetime.Admit(Sender)) return;
        if (CallRules.HasEntries(call)) Issue(domain.Invalidate(call.DataType, call.Entries.Span, call.EntryLength, call.EntryNum));
        // A driver without the operation does not come to read the array.
        else EndCall(domain.Invalidate(call.DataType, default, call.EntryLength, 0).Errno == Errno.EOPNOTSUPP
            ? Errno.EOPNOTSUPP : Errno.EFAULT);
    }
}
