using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Groups;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Actors.Contexts;

/// <summary>
/// From the graph that the journal folds to, back to actors and hardware: objects in the order of their references, then the IOASes
/// fill their domains, then hardware queues find their rings there, then devices are attached, and only then is any call served. The
/// hardware comes back cold.
/// </summary>
internal sealed partial class ContextActor
{
    private int _domainsToRestore;

    private void Restore()
    {
        foreach (var tombstone in _graph.Tombstones)
        {
            _ids.Reserve(tombstone);
            _ids.Tombstone(tombstone);
        }
        _environment.Pages.CountsByProcess = _graph.RlimitMode is { } mode ? mode == 1 : _settings.Node == DeviceNode.Vfio;
        var users = _graph.Users();
        foreach (var node in _graph.InBuildOrder())
        {
            _ids.Reserve(node.Id);
            Rebuild(node, users[node.Id]);
        }
        RestoreVfio();
        if (_graph.Count > 0) Become(() => CommandAny(OnRestoring));
        else
        {
            EndClearing();
            Stash.UnstashAll();
        }
        if (_graph.Count > 0 && _domainsToRestore == 0) RestoreNextQueue();
    }

    private void OnRestoring(object message)
    {
        switch (message)
        {
            case DomainRestored restored:
                Require(restored.Errno, $"the mappings of hwpt {restored.Hwpt}");
                if (--_domainsToRestore == 0) RestoreNextQueue();
                break;
            case RingPinned pinned:
                OnRingRestored(pinned);
                break;
            case MappingsRestored restored:
                if (restored.Broken is { } broken) throw Broken(broken);
                if (--_domainsToRestore == 0) RestoreNextQueue();
                break;
            case AccessRestored restored:
                Require(restored.Errno, $"the attachment of access {restored.Access}");
                if (--_domainsToRestore == 0) RestoreNextQueue();
                break;
            case AttachmentRestored restored:
                OnAttachmentRestored(restored);
                break;
            case JournalLost lost:
                throw Without(lost);
            default:
                Stash.Stash();
                break;
        }
    }

    private void Rebuild(GraphNode node, int users)
    {
        switch (node.Origin)
        {
            case IoasAllocated ioas:
                _domainsToRestore++;
                Publish(ioas, null, IoasActor.Restored(_environment, ioas.Id, ioas.Stream, users)).Actor.Tell(RestoreMappings.Instance);
                break;
            case HwptPagingAllocated hwpt:
                RebuildHwptPaging(hwpt, users);
                break;
            case ViommuAllocated viommu:
                RebuildViommu(viommu, users);
                break;
            case HwptNestedAllocated nested:
                RebuildHwptNested(nested, users);
                break;
            case AccessCreated access:
                RebuildAccess(access, node.AttachedTo, users);
                break;
            case DeviceBound bound:
                RebuildDevice(bound, users);
                break;
            case VdeviceAllocated vdevice:
                RebuildVdevice(vdevice, users);
                break;
            case SelftestCreated selftest:
                RebuildSelftest(selftest, users);
                break;
            case FaultQueueAllocated queue:
                Publish(queue, null, FaultQueueActor.Props(_environment, queue.Id, open: false, users));
                break;
            case VeventqAllocated queue:
                RebuildVeventq(queue, node.NextSequence, users);
                break;
            case HwQueueAllocated queue:
                _queuesToRestore.Enqueue((queue, users));
                break;
        }
    }

    private void RebuildHwptPaging(HwptPagingAllocated hwpt, int users)
    {
        var device = Device(hwpt.DeviceName);
        var ioas = Entry(hwpt.Ioas);
        var call = new HwptAlloc(ObjectId.None, hwpt.Ioas, hwpt.Flags, hwpt.DataType, hwpt.Data, hwpt.FaultQueue);
        var domain = Require(_environment.Holdings.Take(
            device.Iommu.AllocPaging(device, CallRules.DriverFlags(call), UserData.Of(call))), $"hwpt {hwpt.Id}");
        if (_graph.Find(hwpt.Id)!.TracksDirty) domain.Dirty!.Tracking = true;
        var entry = PublishBlueprint(hwpt, new HwptPagingBlueprint(ioas.Actor, ioas.Id, device.Name, call, hwpt.Auto, domain), users);
        _environment.Table.Show(hwpt.Id);
        _domainsToRestore++;
        ioas.Actor.Tell(new RestoreDomain(domain, entry));
    }

    /// <summary>Its owner, and what that had pinned, has not outlived the crash.</summary>
    private void RebuildAccess(AccessCreated access, ObjectId attachedTo, int users)
    {
        var ioas = attachedTo == ObjectId.None ? null : Entry(attachedTo);
        var entry = Publish(access, null,
            AccessActor.Props(_environment, access.Id, access.PinsPages, ActorRefs.Nobody, ioas, users));
        if (ioas is null) return;
        _domainsToRestore++;
        ioas.Actor.Tell(new RestoreAccess(entry.Actor, access.Id, access.PinsPages));
    }

    private void RebuildDevice(DeviceBound bound, int users)
    {
        var device = _settings.Machine.Find(bound.Name) ?? throw Broken($"the machine has no device {bound.Name}");
        if (!_settings.Owners.TryClaim(device, _settings.Name)) Require(Errno.EBUSY, $"device {bound.Name}");
        Publish(bound, device, DeviceActor.Props(_environment, bound.Id, device, users));
    }

    private ObjectEntry PublishBlueprint(ObjectCreated created, Blueprint blueprint, int users) =>
        Publish(created, blueprint.Hardware, blueprint.Props(_environment, created.Id, users), blueprint);

    private ObjectEntry Entry(ObjectId id) => _environment.Table.Find(id) ?? throw Broken($"object {id} is referenced, but gone");

    /// <summary>The device that an object was made for; it may have been unplugged since.</summary>
    private PhysicalDevice Device(string name) =>
        _settings.Machine.Find(name) ?? _settings.Machine.Mock?.Unplugged(name) ?? throw Broken($"the machine has no device {name}");

    private T Require<T>(Result<T> result, string what)
    {
        Require(result.Errno, what);
        return result.Value!;
    }

    private void Require(Errno errno, string what)
    {
        if (errno != Errno.None) throw Broken($"{what} cannot be brought back: {errno}");
    }

    private RestoreException Broken(string what) => new($"context {_settings.Name}: {what}");
}
