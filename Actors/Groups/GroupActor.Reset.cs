using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Groups;

/// <summary>
/// A device that is being reset (pci_dev_reset_iommu_prepare and _done): it is blocked while the group stays attached, and as long as
/// that lasts nothing moves the group. Only what answers ATS must be blocked for that.
/// </summary>
internal sealed partial class GroupActor
{
    private readonly Dictionary<PhysicalDevice, int> _resets = [];

    private void BeginReset(PhysicalDevice device)
    {
        var caller = Sender;
        var depth = _resets.GetValueOrDefault(device);
        if (depth > 0 || !DeviceRules.CapabilitiesOf(device).Ats)
        {
            if (depth > 0) _resets[device] = depth + 1;
            caller.Tell(Answer.Success, Self);
            return;
        }
        Begin();
        _resets[device] = 1;
        List<IEnumerable<CommandBatch>> plans = [];
        foreach (var (pasid, attachment) in _attachments)
            if (attachment.Devices.Remove(device)) plans.Add(Block([device], attachment.Domain, pasid));
        _plans.Run(plans.SelectMany(plan => plan), () =>
        {
            caller.Tell(Answer.Success, Self);
            End();
        });
    }

    /// <summary>Answers what a driver says that does not take the device back; it stays blocked then.</summary>
    private void EndReset(PhysicalDevice device)
    {
        var caller = Sender;
        var depth = _resets.GetValueOrDefault(device);
        if (depth != 1)
        {
            if (depth > 1) _resets[device] = depth - 1;
            caller.Tell(Answer.Success, Self);
            return;
        }
        Begin();
        _resets.Remove(device);
        var errno = Errno.None;
        List<IEnumerable<CommandBatch>> plans = [];
        foreach (var attachment in _attachments.Values)
        {
            var missing = NotYetIn(attachment, device).FindAll(each => each == device);
            var plan = Move(missing, attachment.Pasid, null, attachment.Domain);
            if (plan.Failed) errno = plan.Errno;
            else
            {
                attachment.Devices.AddRange(missing);
                plans.Add(plan.Value!);
            }
        }
        _plans.Run(plans.SelectMany(plan => plan), () =>
        {
            caller.Tell((Answer)errno, Self);
            End();
        });
    }
}
