using Akka.Actor;
using Iommu.Actors.Objects;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Contexts;

/// <summary>
/// The VFIO compatibility: which IOAS its calls work on, and whether there is none to be (vfio_compat.c). Decided in the order of the
/// messages, shown to callers when it is durable.
/// </summary>
internal sealed partial class ContextActor
{
    private ObjectId _vfioIoas;
    private bool _vfioNoIommu;

    private void RestoreVfio()
    {
        (_vfioIoas, _vfioNoIommu) = (_graph.VfioIoas, _graph.VfioNoIommu);
        ShowVfioState();
    }

    private void OnVfio(object message)
    {
        if (message is VfioAttachGroup attach) AttachVfioGroup(attach);
        else ClearVfioIoas();
    }

    private void ClearVfioIoas()
    {
        if (_vfioIoas == ObjectId.None) Settle(Answer.Success);
        else Persist(new Journal([new VfioIoasSet(ObjectId.None)], Answer.Success), Sender);
    }

    private void AttachVfioGroup(VfioAttachGroup call)
    {
        if (_closing is not null) Sender.Tell((Answer)Errno.ENODEV);
        else if (call.NoIommu) AttachWithoutIommu();
        else if (_vfioNoIommu) Settle(Errno.EINVAL);
        else if (_vfioIoas != ObjectId.None) Settle(_vfioIoas);
        else if (_environment.Failures.ShouldFail("reserve id")) Sender.Tell((Answer)Errno.ENOMEM);
        else CreateVfioIoas(Sender);
    }

    private void AttachWithoutIommu()
    {
        if (_vfioIoas != ObjectId.None) Settle(Errno.EINVAL);
        else if (_vfioNoIommu) Settle(Answer.Success);
        else Persist(new Journal([new VfioNoIommuSet()], Answer.Success), Sender);
    }

    private void CreateVfioIoas(IActorRef caller)
    {
        var id = _ids.Reserve();
        var stream = StreamNames.Ioas(_settings.Name, id, LastSequenceNr);
        Create(new IoasAllocated(id, stream), null, ActorRefs.Nobody, users => IoasActor.New(_environment, id, stream, users));
        Persist(new Journal([new VfioIoasSet(id)], id), caller);
    }

    /// <summary>What an event that is about to be journaled makes of it.</summary>
    private void DecideVfio(GraphEvent happened)
    {
        switch (happened)
        {
            case VfioIoasSet set:
                _vfioIoas = set.Ioas;
                break;
            case ObjectDestroyed destroyed when destroyed.Id == _vfioIoas:
                _vfioIoas = ObjectId.None;
                break;
            case VfioNoIommuSet:
                _vfioNoIommu = true;
                break;
        }
    }

    private void ShowVfioState()
    {
        var ioas = _graph.VfioIoas == ObjectId.None ? null : _environment.Table.Find(_graph.VfioIoas);
        _environment.Table.Vfio = new VfioState(ioas, _graph.VfioNoIommu);
    }

    private void ShowVfioState(GraphEvent happened)
    {
        if (happened is VfioIoasSet or VfioNoIommuSet or ObjectDestroyed) ShowVfioState();
    }
}
