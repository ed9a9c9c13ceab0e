using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Actors.Contexts;

/// <summary>Back to what a guest was given: vIOMMUs, what is on them, and hardware queues one after the other.</summary>
internal sealed partial class ContextActor
{
    private readonly Queue<(HwQueueAllocated Queue, int Users)> _queuesToRestore = new();

    /// <summary>
    /// Its mmap regions get offsets again; the mappings of them went with the process, and so did the VM: the vIOMMU has tags of its own
    /// now.
    /// </summary>
    private void RebuildViommu(ViommuAllocated viommu, int users)
    {
        var device = Device(viommu.DeviceName);
        var hwpt = Entry(viommu.Hwpt);
        var services = new ViommuServices(_settings.Name, _environment.Table.Regions, NoFailures.Instance, null);
        services.Name(viommu.Id);
        var driver = Require(_environment.Holdings.Take(
            device.Iommu.AllocViommu(device, (IPagingDomain)hwpt.Hardware!, new UserData(viommu.ViommuType, viommu.Data), services),
            services),
            $"viommu {viommu.Id}");
        var call = new ViommuAlloc(ObjectId.None, viommu.Hwpt, viommu.ViommuType, 0, viommu.Data);
        PublishBlueprint(viommu,
            new ViommuBlueprint(hwpt.Actor, hwpt.Id, IoasOf(viommu.Hwpt), device.Name, call, driver, services), users);
    }

    private void RebuildHwptNested(HwptNestedAllocated nested, int users)
    {
        var parent = Entry(nested.Parent);
        var call = new HwptAlloc(ObjectId.None, nested.Parent, nested.Flags, nested.DataType, nested.Data, nested.FaultQueue);
        var (flags, data) = (CallRules.DriverFlags(call), UserData.Of(call));
        var domain = Require(_environment.Holdings.Take(
            parent.Hardware is IViommuDriver viommu ? viommu.AllocNested(flags, data) : OnNestParent(Device(nested.DeviceName!))),
            $"hwpt {nested.Id}");
        PublishBlueprint(nested, new HwptNestedBlueprint(parent.Actor, parent.Id, nested.DeviceName, call, domain), users);

        Result<INestedDomain> OnNestParent(PhysicalDevice device) =>
            device.Iommu.AllocNested(device, (IPagingDomain)parent.Hardware!, flags, data);
    }

    private void RebuildVdevice(VdeviceAllocated vdevice, int users)
    {
        var viommu = Entry(vdevice.Viommu);
        var device = Entry(vdevice.Device);
        var driver = (IViommuDriver)viommu.Hardware!;
        Require(
            _environment.Holdings.AddVdevice(driver, (PhysicalDevice)device.Hardware!, vdevice.VirtualId), $"vdevice {vdevice.Id}");
        var entry = PublishBlueprint(vdevice,
            new VdeviceBlueprint(viommu.Actor, viommu.Id, driver, device, vdevice.VirtualId), users);
        device.Actor.Tell(new VdeviceRestored(entry.Actor));
    }

    /// <summary>In build order, so that a queue finds the one that it depends on.</summary>
    private void RestoreNextQueue()
    {
        if (!_queuesToRestore.TryPeek(out var next))
        {
            RestoreAttachments();
            return;
        }
        var queue = next.Queue;
        var call = new HwQueueAlloc(queue.Viommu, queue.QueueType, queue.Index, queue.Iova, queue.LengthBytes);
        var ring = Require(Ring.Of(call), $"the ring of hw queue {queue.Id}");
        IoasOf(((ViommuAllocated)_graph.Find(queue.Viommu)!.Origin).Hwpt).Tell(new PinRing(call, ring, Self));
    }

    private void OnRingRestored(RingPinned pinned)
    {
        var (queue, users) = _queuesToRestore.Dequeue();
        var (call, ring, _) = pinned.Request;
        var physical = Require(ring.BaseIn(Require(pinned.Frames, $"the ring of hw queue {queue.Id}")), $"the ring of hw queue {queue.Id}");
        var viommu = Entry(queue.Viommu);
        var driver = Require(_environment.Holdings.Take(
            ((IViommuDriver)viommu.Hardware!).InitHwQueue(call.Type, call.Index, call.Iova, physical, call.LengthBytes),
            (IViommuDriver)viommu.Hardware!),
            $"hw queue {queue.Id}");
        var dependsOn = queue.DependsOnQueue == ObjectId.None ? null : Entry(queue.DependsOnQueue);
        PublishBlueprint(queue, new HwQueueBlueprint(
            viommu.Actor, viommu.Id, IoasOf(((ViommuAllocated)_graph.Find(viommu.Id)!.Origin).Hwpt), call, ring, driver, dependsOn), users);
        RestoreNextQueue();
    }

    private IActorRef IoasOf(ObjectId hwpt) => Entry(((HwptPagingAllocated)_graph.Find(hwpt)!.Origin).Ioas).Actor;
}
