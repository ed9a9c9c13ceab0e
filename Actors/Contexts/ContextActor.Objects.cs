using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Serialization;

namespace Iommu.Actors.Contexts;

/// <summary>The last steps of every creation, and of every destruction: ids, journal, the published table, the answer.</summary>
internal sealed partial class ContextActor
{
    private readonly HashSet<ObjectId> _retiring = [];

    /// <summary>
    /// The last steps of a creation: reserve, journal, publish, answer. When one cannot be taken, the builder undoes the rest.
    /// </summary>
    private void Adopt(Blueprint blueprint)
    {
        var reserved = blueprint.Reserved;
        // The kernel's call holds its device to its end: it comes before the unbind, or finds no device.
        if (blueprint.MadeFor is { } device && (_retiring.Contains(device.Id) || _environment.Table.Find(device.Id) != device))
        {
            Refuse(blueprint, Errno.ENOENT);
            return;
        }
        if ((reserved == ObjectId.None && _environment.Failures.ShouldFail("reserve id")) || _closing is not null)
        {
            Refuse(blueprint, _closing is null ? Errno.ENOMEM : Errno.ENODEV);
            return;
        }
        var id = reserved == ObjectId.None ? _ids.Reserve() : reserved;
        if (_environment.Failures.ShouldFail("journal"))
        {
            if (reserved == ObjectId.None) _ids.Free(id);
            Refuse(blueprint, Errno.ENOMEM);
            return;
        }
        Create(blueprint.Describe(id), blueprint.Hardware, blueprint.AnswersCaller ? Sender : ActorRefs.Nobody,
            users => blueprint.Props(_environment, id, users), blueprint);
    }

    private void Refuse(Blueprint blueprint, Errno errno)
    {
        FaultQueueOf(blueprint.Describe(ObjectId.None))?.Tell(Release.Call);
        blueprint.Builder.Tell(new Abort(blueprint, errno), Sender);
    }

    private void Create(
        ObjectCreated created, object? hardware, IActorRef caller, Func<int, Props> props, Blueprint? blueprint = null) =>
        PersistAsync(created, _ =>
        {
            Apply(created);
            var entry = Publish(created, hardware, props(OwnUsers(created)), blueprint);
            entry.FaultQueue?.Tell(Release.CallOnly);
            blueprint?.Builder.Tell(new Adopted(blueprint, entry));
            caller.Tell(blueprint?.AnswerFor(created.Id) ?? created.Id);
        });

    private ObjectEntry Publish(ObjectCreated created, object? hardware, Props props, Blueprint? blueprint = null)
    {
        var actor = Context.ActorOf(props, $"{created.Type.Name()}-{created.Id}-{++_incarnations}");
        var on = created.DependsOn.Select(_environment.Table.Find).FirstOrDefault();
        var entry = new ObjectEntry(created.Id, created.Type, actor, hardware, created is HwptPagingAllocated { Auto: true })
        {
            Group = created is DeviceBound ? JoinGroup((PhysicalDevice)hardware!) : null,
            Ioas = on is { Type: ObjectType.Ioas } ? on.Actor : on?.Ioas,
            PasidCompatible = FlagsOf(created).HasFlag(HwptAllocFlags.Pasid),
            FaultQueue = FaultQueueOf(created),
        };
        _objects[created.Id] = actor;
        blueprint?.Started(actor, created.Id);
        if (blueprint is null or { IsVisible: true }) _environment.Table.Publish(entry);
        else _environment.Table.Prepare(entry);
        return entry;
    }

    private static HwptAllocFlags FlagsOf(ObjectCreated created) => created switch
    {
        HwptPagingAllocated paging => paging.Flags,
        HwptNestedAllocated nested => nested.Flags,
        _ => HwptAllocFlags.None,
    };

    private void Retire(Retire retire)
    {
        var caller = Sender;
        GraphEvent happened = retire.Tombstone ? new VdeviceTombstoned(retire.Id) : new ObjectDestroyed(retire.Id);
        DecideVfio(happened);
        _retiring.Add(retire.Id);
        PersistAsync(happened, _ =>
        {
            _retiring.Remove(retire.Id);
            var device = _environment.Table.Find(retire.Id, ObjectType.Device);
            Apply(happened);
            _environment.Table.Find(retire.Id)?.FaultQueue?.Tell(Release.Dependant);
            _environment.Table.Withdraw(retire.Id);
            if (device is not null) LeaveGroup(device);
            OnIoasGone(retire.Id);
            if (_objects.Remove(retire.Id, out var actor)) Context.Stop(actor);
            if (retire.Tombstone) _ids.Tombstone(retire.Id);
            else _ids.Free(retire.Id);
            foreach (var (holder, message) in retire.Then) holder.Tell(message);
            caller.Tell(retire.Answer);
        });
    }

    private void Persist(Journal journal, IActorRef caller)
    {
        var left = journal.Events.Count;
        foreach (var happened in journal.Events) DecideVfio(happened);
        PersistAllAsync(journal.Events, happened =>
        {
            Apply(happened);
            // A domain that the attach made for itself.
            if (happened is DeviceAttached attached) _environment.Table.Show(attached.Hwpt);
            if (--left > 0) return;
            foreach (var (holder, message) in journal.Then) holder.Tell(message);
            caller.Tell(journal.Answer);
        });
    }

    /// <summary>Nothing happens; the answer rests on what came before, and waits until that is durable.</summary>
    private void Settle(Answer answer)
    {
        var waiting = Sender;
        DeferAsync(answer, settled => waiting.Tell(settled));
    }

    private void Apply(GraphEvent happened)
    {
        _graph.Apply(happened);
        ShowVfioState(happened);
        if (_snapshots.Due(_graph.Count)) SaveSnapshot(new EventList([.. _graph.ToEvents()]));
    }

    /// <summary>A device's open file holds one of its <c>users</c>, and the driver that owns an access one of its.</summary>
    private static int OwnUsers(ObjectCreated created) => 1 + ObjectGraph.OwnersOf(created.Type);
}
