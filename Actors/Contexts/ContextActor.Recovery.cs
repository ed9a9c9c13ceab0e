using Akka.Actor;
using Iommu.Actors.Hardware;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Actors.Contexts;

/// <summary>
/// From the graph that the journal folds to, back to actors and hardware: objects in the order of their references, then the IOASes
/// fill their domains, then devices are attached, and only then is any call served. The hardware comes back cold.
/// </summary>
internal sealed partial class ContextActor
{
    private PlanRunner _plans = null!;
    private int _domainsToRestore;
    private int _attachesToRestore;

    private void Restore()
    {
        _plans = new PlanRunner(_settings.Queues, Self);
        foreach (var tombstone in _graph.Tombstones)
        {
            _ids.Reserve(tombstone);
            _ids.Tombstone(tombstone);
        }
        var users = _graph.Users();
        foreach (var node in _graph.InBuildOrder())
        {
            _ids.Reserve(node.Id);
            Rebuild(node, users[node.Id]);
        }
        if (_graph.Count > 0) Become(() => CommandAny(OnRestoring));
        if (_graph.Count > 0 && _domainsToRestore == 0) RestoreAttachments();
    }

    private void OnRestoring(object message)
    {
        switch (message)
        {
            case DomainRestored restored:
                Require(restored.Errno, $"the mappings of hwpt {restored.Hwpt}");
                if (--_domainsToRestore == 0) RestoreAttachments();
                break;
            case BatchDone done:
                _plans.OnDone(done);
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
                Publish(ioas, null, IoasActor.Props(_environment, ioas.Id, ioas.Stream, users));
                break;
            case HwptPagingAllocated hwpt:
                RebuildHwptPaging(hwpt, users);
                break;
            case ViommuAllocated viommu:
                RebuildViommu(viommu, users);
                break;
            case HwptNestedAllocated nested:
                var on = Entry(nested.Viommu);
                var call = new HwptAlloc(ObjectId.None, nested.Viommu, DataType: nested.DataType, Data: nested.Data);
                var data = new UserData(nested.DataType, nested.Data);
                var domain = Require(((IViommuDriver)on.Hardware!).AllocNested(nested.Flags, data), $"hwpt {nested.Id}");
                PublishBlueprint(nested, new HwptNestedBlueprint(on.Actor, on.Id, call, domain), users);
                break;
            case DeviceBound bound:
                RebuildDevice(bound, node.AttachedTo, users);
                break;
            case VdeviceAllocated vdevice:
                RebuildVdevice(vdevice, users);
                break;
        }
    }

    private void RebuildHwptPaging(HwptPagingAllocated hwpt, int users)
    {
        var device = Device(hwpt.DeviceName);
        var ioas = Entry(hwpt.Ioas);
        var domain = Require(device.Iommu.AllocPaging(device, hwpt.Flags), $"hwpt {hwpt.Id}");
        var call = new HwptAlloc(ObjectId.None, hwpt.Ioas, hwpt.Flags);
        var entry = PublishBlueprint(hwpt, new HwptPagingBlueprint(ioas.Actor, ioas.Id, device.Name, call, hwpt.Auto, domain), users);
        _domainsToRestore++;
        ioas.Actor.Tell(new RestoreDomain(domain, entry, hwpt.Auto));
    }

    private void RebuildViommu(ViommuAllocated viommu, int users)
    {
        var device = Device(viommu.DeviceName);
        var hwpt = Entry(viommu.Hwpt);
        var driver = Require(
            device.Iommu.AllocViommu(
                device, (IPagingDomain)hwpt.Hardware!, new UserData(viommu.ViommuType, viommu.Data), NoViommuServices.Instance),
            $"viommu {viommu.Id}");
        var call = new ViommuAlloc(ObjectId.None, viommu.Hwpt, viommu.ViommuType, 0, viommu.Data);
        PublishBlueprint(viommu, new ViommuBlueprint(hwpt.Actor, hwpt.Id, device.Name, call, driver), users);
    }

    private void RebuildDevice(DeviceBound bound, ObjectId attachedTo, int users)
    {
        var device = Device(bound.Name);
        if (!_settings.Owners.TryClaim(device, _settings.Name)) Require(Errno.EBUSY, $"device {bound.Name}");
        var attached = attachedTo == ObjectId.None ? null : Entry(attachedTo);
        Publish(bound, device, DeviceActor.Props(_environment, bound.Id, device, attached, users));
    }

    private void RebuildVdevice(VdeviceAllocated vdevice, int users)
    {
        var viommu = Entry(vdevice.Viommu);
        var device = Entry(vdevice.Device);
        var driver = (IViommuDriver)viommu.Hardware!;
        Require(driver.AddVdevice((PhysicalDevice)device.Hardware!, vdevice.VirtualId), $"vdevice {vdevice.Id}");
        var entry = PublishBlueprint(vdevice,
            new VdeviceBlueprint(viommu.Actor, viommu.Id, driver, device, vdevice.VirtualId), users);
        device.Actor.Tell(new VdeviceRestored(entry.Actor));
    }

    private void RestoreAttachments()
    {
        _attachesToRestore = 1;
        foreach (var node in _graph.Nodes.Where(node => node.AttachedTo != ObjectId.None))
        {
            _attachesToRestore++;
            _plans.Run(PlanAttachment(node), AttachRestored);
        }
        AttachRestored();
    }

    /// <summary>
    /// A driver asks for a vDEVICE when a device is attached to a guest's first stage, and not after. Where it has been destroyed
    /// since, another one stands in for it.
    /// </summary>
    private IEnumerable<CommandBatch> PlanAttachment(GraphNode node)
    {
        var device = (PhysicalDevice)Entry(node.Id).Hardware!;
        var domain = (IDomain)Entry(node.AttachedTo).Hardware!;
        var standIn = domain is INestedDomain ? MissingVirtualId(node) : null;
        var viommu = (domain as INestedDomain)?.Viommu;
        if (standIn is { } added) Require(viommu!.AddVdevice(device, added), $"the attachment of {device.Name}");
        var plan = Require(device.Iommu.Attach(device, null, domain), $"the attachment of {device.Name}");
        if (standIn is { } removed) viommu!.RemoveVdevice(removed);
        return plan;
    }

    /// <summary>A virtual id that is free on the vIOMMU that a device is attached through; null when it has a vDEVICE there.</summary>
    private ulong? MissingVirtualId(GraphNode device)
    {
        var viommu = ((HwptNestedAllocated)_graph.Find(device.AttachedTo)!.Origin).Viommu;
        var vdevices = _graph.Nodes.Select(node => node.Origin).OfType<VdeviceAllocated>()
            .Where(vdevice => vdevice.Viommu == viommu).ToList();
        if (vdevices.Exists(vdevice => vdevice.Device == device.Id)) return null;
        var free = 0UL;
        while (vdevices.Exists(vdevice => vdevice.VirtualId == free)) free++;
        return free;
    }

    private void AttachRestored()
    {
        if (--_attachesToRestore > 0) return;
        Become(() => CommandAny(OnCommandAny));
        Stash.UnstashAll();
    }

    private ObjectEntry PublishBlueprint(ObjectCreated created, Blueprint blueprint, int users) =>
        Publish(created, blueprint.Hardware, blueprint.Props(_environment, created.Id, users));

    private ObjectEntry Entry(ObjectId id) => _environment.Table.Find(id) ?? throw Broken($"object {id} is referenced, but gone");

    private PhysicalDevice Device(string name) =>
        _settings.Machine.Find(name) ?? throw Broken($"the machine has no device {name}");

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
