using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Groups;

/// <summary>What the hardware is told: every device of the group that the machine has moves, whether it is bound or not.</summary>
internal sealed partial class GroupActor
{
    /// <summary>
    /// The devices that an attachment must still take along: all at first, later those that were plugged in since. Without hardware
    /// that translates there is none, and a device that has no PASIDs is left out where another one has.
    /// </summary>
    private List<PhysicalDevice> NotYetIn(Attachment attachment, PhysicalDevice asking)
    {
        if (!asking.Iommu.Translates) return [];
        List<PhysicalDevice> all = [asking, .. environment.Machine.Devices.Where(device => device.Group == group && device != asking)];
        if (attachment.Pasid != 0 && all.Exists(DeviceRules.HasPasids)) all.RemoveAll(device => !DeviceRules.HasPasids(device));
        return [.. all.Except(attachment.Devices).Except(_resets.Keys)];
    }

    /// <summary>Asks the drivers (iommu_attach_group_handle, iommu_attach_device_pasid, and their like for replace).</summary>
    /// <param name="attempt">The attach.</param>
    /// <param name="devices">Which devices move.</param>
    /// <param name="from">Where from; null is blocked.</param>
    /// <returns>EBUSY while a device of the group is being reset, EINVAL a PASID that one of them has not, the drivers' own.</returns>
    private Result<IEnumerable<CommandBatch>> AskDrivers(Attempt attempt, IReadOnlyList<PhysicalDevice> devices, IDomain? from)
    {
        if (attempt.Moves && _resets.Count > 0) return Errno.EBUSY;
        if (attempt.Work == AttachWork.First && attempt.Pasid != 0 && devices.Any(device => DeviceRules.IsBeyond(device, attempt.Pasid)))
            return Errno.EINVAL;
        var to = (IDomain)attempt.Hwpt.Hardware!;
        if (attempt.StandIns is not { Count: > 0 } standIns) return Move(devices, attempt.Pasid, from, to);
        return AmongStandIns(
            ((INestedDomain)to).Viommu!, [.. standIns.Where(it => devices.Contains(it.Key))], () => Move(devices, attempt.Pasid, from, to));
    }

    /// <summary>Moves while vDEVICEs are there for the drivers to find; nothing moves when one of them is refused.</summary>
    private static Result<IEnumerable<CommandBatch>> AmongStandIns(
        IViommuDriver viommu, ReadOnlySpan<KeyValuePair<PhysicalDevice, ulong>> standIns, Func<Result<IEnumerable<CommandBatch>>> move)
    {
        if (standIns.IsEmpty) return move();
        var (device, virtualId) = standIns[0];
        var errno = viommu.AddVdevice(device, virtualId);
        if (errno != Errno.None) return errno;
        var plan = AmongStandIns(viommu, standIns[1..], move);
        viommu.RemoveVdevice(virtualId);
        return plan;
    }

    /// <exception cref="InvalidOperationException">A driver refuses what it must always be able to do.</exception>
    private IEnumerable<CommandBatch> Block(IReadOnlyList<PhysicalDevice> devices, IDomain from, uint pasid)
    {
        var plan = Move(devices, pasid, from, null);
        return !plan.Failed ? plan.Value!
            : throw new InvalidOperationException($"group {group.Name}: its driver cannot block it at PASID {pasid}: {plan.Errno}");
    }

    /// <summary>One device after the other. None has moved when a driver refuses: a plan does nothing before it is run.</summary>
    private Result<IEnumerable<CommandBatch>> Move(IReadOnlyList<PhysicalDevice> devices, uint pasid, IDomain? from, IDomain? to)
    {
        var plans = new List<IEnumerable<CommandBatch>>();
        foreach (var device in devices)
        {
            var plan = environment.Holdings.Move(device, pasid, from, to);
            if (plan.Failed) return plan.Errno;
            plans.Add(plan.Value!);
        }
        return new Result<IEnumerable<CommandBatch>>(Errno.None, plans.SelectMany(plan => plan));
    }
}
