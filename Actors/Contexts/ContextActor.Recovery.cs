using Akka.Actor;
using Iommu.Actors.Groups;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
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
    private int _domainsToRestore;

    private void Restore()
    {
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
                RebuildDevice(bound, users);
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
        ioas.Actor.Tell(new RestoreDomain(domain, entry));
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

    private void RebuildDevice(DeviceBound bound, int users)
    {
        var device = Device(bound.Name);
        if (!_settings.Owners.TryClaim(device, _settings.Name)) Require(Errno.EBUSY, $"device {bound.Name}");
        Publish(bound, device, DeviceActor.Props(_environment, bound.Id, device, users));
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
