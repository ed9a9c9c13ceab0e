using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Groups;

/// <summary>What the hardware is told: every device of the group that the machine has moves, whether it is bound or not.</summary>
internal sealed partial class GroupActor
{
    private static DeviceCapabilities CapabilitiesOf(PhysicalDevice device) => device.Iommu.Capabilities(device);

    /// <summary>
    /// The devices that an attachment must still take along: all at first, later those that were plugged in since. Without hardware
    /// that translates there is none, and a device that has no PASIDs is left out where another one has.
    /// </summary>
    private List<PhysicalDevice> NotYetIn(Attachment attachment, PhysicalDevice asking, uint pasid)
    {
        if (!asking.Iommu.Translates) return [];
        List<PhysicalDevice> all = [asking, .. environment.Machine.Devices.Where(device => device.Group == group && device != asking)];
        if (pasid != 0 && all.Exists(HasPasids)) all.RemoveAll(device => !HasPasids(device));
        return [.. all.Except(attachment.Devices)];
    }

    private static bool HasPasids(PhysicalDevice device) => CapabilitiesOf(device).PasidBits > 0;

    /// <summary>Asks the drivers (iommu_attach_group_handle, iommu_attach_device_pasid and their like for replace).</summary>
    private static Result<IEnumerable<CommandBatch>> AskDrivers(Attempt attempt, IReadOnlyList<PhysicalDevice> devices, IDomain? from)
    {
        if (attempt.Work == AttachWork.First && attempt.Pasid != 0 && devices.Any(IsBeyond)) return Errno.EINVAL;
        var to = (IDomain)attempt.Hwpt.Hardware!;
        var viommu = attempt.StandIn is null ? null : ((INestedDomain)to).Viommu;
        var errno = viommu?.AddVdevice(attempt.Physical, attempt.StandIn!.Value) ?? Errno.None;
        if (errno != Errno.None) return errno;
        var plan = Move(devices, attempt.Pasid, from, to);
        viommu?.RemoveVdevice(attempt.StandIn!.Value);
        return plan;

        bool IsBeyond(PhysicalDevice device) => HasPasids(device) && (ulong)attempt.Pasid >> CapabilitiesOf(device).PasidBits != 0;
    }

    /// <summary>One device after the other. None has moved when a driver refuses: a plan does nothing before it is run.</summary>
    private static Result<IEnumerable<CommandBatch>> Move(IReadOnlyList<PhysicalDevice> devices, uint pasid, IDomain? from, IDomain? to)
    {
        var plans = new List<IEnumerable<CommandBatch>>();
        foreach (var device in devices)
        {
            var plan = pasid == 0 ? device.Iommu.Attach(device, from, to) : device.Iommu.AttachPasid(device, pasid, from, to);
            if (plan.Failed) return plan.Errno;
            plans.Add(plan.Value!);
        }
        return new Result<IEnumerable<CommandBatch>>(Errno.None, plans.SelectMany(plan => plan));
    }
}
