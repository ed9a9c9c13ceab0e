using Akka.Actor;
using Iommu.Actors.Groups;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Actors.Contexts;

/// <summary>The groups of the context's devices: an actor each, from the first device that is bound to the last that goes.</summary>
internal sealed partial class ContextActor
{
    private readonly Dictionary<IommuGroup, (IActorRef Actor, int Devices)> _groups = [];
    private long _groupsMade;
    private int _attachmentsToRestore;

    private IActorRef JoinGroup(PhysicalDevice device)
    {
        var known = _groups.GetValueOrDefault(device.Group);
        var actor = known.Actor ?? Context.ActorOf(GroupActor.Props(_environment, device.Group), $"group-{++_groupsMade}");
        _groups[device.Group] = (actor, known.Devices + 1);
        _settings.Owners.Appoint(device.Group, actor);
        return actor;
    }

    private void LeaveGroup(ObjectEntry device)
    {
        var physical = (PhysicalDevice)device.Hardware!;
        var (actor, devices) = _groups[physical.Group];
        if (devices > 1)
        {
            _groups[physical.Group] = (actor, devices - 1);
            actor.Tell(new DeviceGone(device.Actor));
        }
        else
        {
            _groups.Remove(physical.Group);
            Context.Stop(actor);
        }
        _settings.Owners.Disclaim(physical);
    }

    private void RestoreAttachments()
    {
        var restores = _graph.Nodes.Where(node => node.Type == ObjectType.Device).SelectMany(RestoresOf).ToList();
        _attachmentsToRestore = restores.Count;
        foreach (var restore in restores) restore.Device.Group!.Tell(restore);
        if (restores.Count == 0) Serve();
    }

    private void OnAttachmentRestored(AttachmentRestored restored)
    {
        Require(restored.Errno, $"the attachment of device {restored.Device}, PASID {restored.Pasid},");
        if (--_attachmentsToRestore == 0) Serve();
    }

    private void Serve()
    {
        _environment.Pages.EndRestore();
        foreach (var viommu in _environment.Table.All(ObjectType.Viommu)) ((IViommuDriver)viommu.Hardware!).Recovered();
        Become(() => CommandAny(OnCommandAny));
        EndClearing();
        Stash.UnstashAll();
    }

    private IEnumerable<RestoreAttachment> RestoresOf(GraphNode device) => device.Attachments.Select(attached =>
        new RestoreAttachment(Entry(device.Id), Entry(attached.Value), attached.Key, StandIns(device, attached.Value)));

    /// <summary>
    /// A driver asks for a vDEVICE of each device of a group when that is attached to a guest's first stage, and not after. Where one has
    /// been destroyed since, or went with its device, a virtual id that is free on the vIOMMU stands in for it.
    /// </summary>
    private Dictionary<PhysicalDevice, ulong> StandIns(GraphNode device, ObjectId hwpt)
    {
        var standIns = new Dictionary<PhysicalDevice, ulong>();
        if (_graph.Find(hwpt)!.Origin is not HwptNestedAllocated { DeviceName: null } nested) return standIns;
        var vdevices = _graph.Nodes.Select(node => node.Origin).OfType<VdeviceAllocated>()
            .Where(vdevice => vdevice.Viommu == nested.Viommu).ToList();
        var known = vdevices.Select(vdevice => Entry(vdevice.Device).Hardware).ToHashSet();
        var group = ((PhysicalDevice)Entry(device.Id).Hardware!).Group;
        var free = 0UL;
        foreach (var missing in _settings.Machine.Devices.Where(other => other.Group == group && !known.Contains(other)))
        {
            while (vdevices.Exists(vdevice => vdevice.VirtualId == free)) free++;
            standIns[missing] = free++;
        }
        return standIns;
    }
}
