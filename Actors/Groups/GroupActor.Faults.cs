using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Groups;

/// <summary>Page faults: from the device to the fault queue of what it is attached to, or back to it as INVALID.</summary>
internal sealed partial class GroupActor
{
    private readonly PageRequestCollector _requests = new();

    private void OnFault(ReportFault report)
    {
        var attachment = HandlerOf(report.Device, report.Fault);
        var handle = attachment is null ? null : HandleOf(attachment, report.Device);
        if (_requests.Add(report.Device, report.Fault, handle) is not { } closed) return;
        if (closed.IsWhole) attachment!.Hwpt.FaultQueue!.Tell(new DeliverFaults(handle!, closed.Requests), Self);
        else _plans.Run(
            report.Device.Iommu.RespondToFaults(report.Device, closed.Requests, PageResponseCode.Invalid), () => { });
    }

    /// <summary>
    /// io-pgfault.c, find_fault_handler: a PASID that nothing is attached to belongs to the guest whose own PASID table the device
    /// is on, where there is one.
    /// </summary>
    private Attachment? HandlerOf(PhysicalDevice device, PageFault fault)
    {
        var pasid = fault.Flags.HasFlag(PageFaultFlags.PasidValid) ? fault.Pasid : 0;
        if (!_attachments.TryGetValue(pasid, out var attachment) && DeviceRules.CapabilitiesOf(device).GuestHasPasidTable)
            attachment = _attachments.GetValueOrDefault(0u) is { Hwpt.Type: ObjectType.HwptNested } nested ? nested : null;
        return attachment?.Hwpt.FaultQueue is null ? null : attachment;
    }

    /// <summary>A device of the group that is not attached itself goes by the id of the first one that is.</summary>
    private AttachHandle HandleOf(Attachment attachment, PhysicalDevice device)
    {
        if (attachment.Handles.TryGetValue(device, out var handle)) return handle;
        var attached = _table.Devices(attachment.Pasid);
        var id = attached.FirstOrDefault(each => PhysicalOf(each) == device);
        return attachment.Handles[device] = new AttachHandle(id == ObjectId.None ? attached[0] : id, device, attachment.Pasid);
    }

    /// <summary>
    /// Faults of what has ended are answered in its own fault queue, not in the next one's (B38); the call goes on after that.
    /// </summary>
    private void EndFaults(Attachment attachment, Predicate<AttachHandle> ended, Action then)
    {
        var handles = attachment.Handles.Values.Where(handle => ended(handle)).ToList();
        if (handles.Count == 0)
        {
            then();
            return;
        }
        var left = handles.Count;
        _awaited = _ =>
        {
            if (--left > 0) return;
            _awaited = null;
            then();
        };
        foreach (var handle in handles)
        {
            attachment.Handles.Remove(handle.Physical);
            _requests.End(handle);
            attachment.Hwpt.FaultQueue!.Tell(new AutoRespond(handle), Self);
        }
    }
}
