using System.Collections.Immutable;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>Attach, replace and detach, of a group's own address space (PASID 0) and of its PASIDs (device.c).</summary>
internal sealed partial class IommufdModel
{
    private Answer Attach(DeviceAttach call)
    {
        if (Lookup<DeviceObject>(call.Device) is null) return Errno.ENOENT;
        if (Lookup<ModelObject>(call.PageTable) is not { } target) return Errno.ENOENT;
        var replace = Replaces(call);
        switch (target)
        {
            case HwptObject:
                var errno = Move(call.Device, call.Pasid, call.PageTable, replace);
                return errno == Errno.None ? call.PageTable : errno;
            case IoasObject:
                return AttachToIoas(call, replace);
            default:
                return Errno.EINVAL;
        }
    }

    private bool Replaces(DeviceAttach call) => call.Mode == AttachMode.Replace
        || (call.Mode == AttachMode.AttachOrReplace && AttachedTo(call.Device, call.Pasid) is not null);

    private Answer Detach(DeviceDetach call)
    {
        if (Lookup<DeviceObject>(call.Device) is null) return Errno.ENOENT;
        Detach(call.Device, call.Pasid);
        return Answer.Success;
    }

    /// <summary>The domain that this device has asked for; null when it has asked for none.</summary>
    private ObjectId? AttachedTo(ObjectId device, uint pasid) =>
        Attached(device, pasid) is { } attached && attached.Devices.Contains(device.Value) ? attached.Hwpt : null;

    private Attachment? Attached(ObjectId device, uint pasid) => State.Attachments.GetValueOrDefault((Physical(device).Group, pasid));

    /// <summary>Any automatic domain of the IOAS that takes the device, the oldest first; else a new one (auto_get_domain).</summary>
    private Answer AttachToIoas(DeviceAttach call, bool replace)
    {
        foreach (var hwpt in Find<IoasObject>(call.PageTable)!.Hwpts.Where(hwpt => IsJoinable(hwpt) && !_refused.Contains(hwpt)))
        {
            var errno = Move(call.Device, call.Pasid, hwpt, replace);
            if (errno == Errno.None) return hwpt;
            if (errno != Errno.EINVAL) return errno;
        }
        return AttachToNewDomain(call, replace);
    }

    private bool IsJoinable(ObjectId hwpt) => Find<PagingObject>(hwpt) is { Auto: true } && !State.Leaving.Contains(hwpt.Value);

    private Answer AttachToNewDomain(DeviceAttach call, bool replace)
    {
        var limits = Physical(call.Device).Iommu.Paging(Physical(call.Device), default, default);
        if (limits.Failed) return limits.Errno;
        var made = new PagingObject(call.PageTable, Physical(call.Device).Iommu, default, limits.Value!, Auto: true, ObjectId.None);
        var id = Add(made);
        // An attach comes before the tables are filled, a replace after.
        var errno = replace ? Fill(id) : Move(call.Device, call.Pasid, id, replace);
        if (errno == Errno.None) errno = replace ? Move(call.Device, call.Pasid, id, replace) : Fill(id);
        return errno == Errno.None ? id : errno;
    }

    private Errno Move(ObjectId device, uint pasid, ObjectId hwpt, bool replace) =>
        replace ? Replace(device, pasid, hwpt) : AttachFirst(device, pasid, hwpt);

    /// <summary>iommufd_hw_pagetable_attach.</summary>
    private Errno AttachFirst(ObjectId device, uint pasid, ObjectId hwpt)
    {
        var attached = Attached(device, pasid);
        if (attached is not null && attached.Devices.Contains(device.Value)) return Errno.EBUSY;
        if (attached is not null && attached.Hwpt != hwpt) return Errno.EINVAL;
        if (pasid == 0 && !CanReserve(hwpt, device)) return Errno.EADDRINUSE;
        var errno = attached is null ? CheckDomain(device, pasid, hwpt) : Errno.None;
        if (errno != Errno.None) return errno;
        var devices = (attached?.Devices ?? []).Add(device.Value);
        SetAttachment(device, pasid, new Attachment(hwpt, devices));
        return Errno.None;
    }

    /// <summary>iommufd_device_do_replace: the whole group moves.</summary>
    private Errno Replace(ObjectId device, uint pasid, ObjectId hwpt)
    {
        if (AttachedTo(device, pasid) is not { } old) return Errno.EINVAL;
        if (old == hwpt) return Errno.None;
        var attached = Attached(device, pasid)!;
        if (pasid == 0 && IoasBelow(old) != IoasBelow(hwpt)
            && attached.Devices.Any(other => !CanReserve(hwpt, new ObjectId(other)))) return Errno.EADDRINUSE;
        var errno = CheckDomain(device, pasid, hwpt);
        if (errno != Errno.None) return errno;
        SetAttachment(device, pasid, attached with { Hwpt = hwpt });
        Put(old);
        return Errno.None;
    }

    private void Detach(ObjectId device, uint pasid)
    {
        if (AttachedTo(device, pasid) is not { } hwpt) return;
        var left = Attached(device, pasid)!;
        SetAttachment(device, pasid, left with { Devices = left.Devices.Remove(device.Value) });
        Put(hwpt);
    }

    private void SetAttachment(ObjectId device, uint pasid, Attachment attachment)
    {
        var at = (Physical(device).Group, pasid);
        State = State with
        {
            Attachments = attachment.Devices.IsEmpty ? State.Attachments.Remove(at) : State.Attachments.SetItem(at, attachment),
        };
    }

    /// <summary>iommufd_hwpt_attach_device: the core's rules, then the driver's, of every device of the group.</summary>
    private Errno CheckDomain(ObjectId device, uint pasid, ObjectId hwpt)
    {
        var physical = Physical(device);
        var domain = Find<HwptObject>(hwpt)!;
        if (domain.HasFaultQueue && physical.Capabilities.SharesPageRequests) return Errno.EINVAL;
        if (!PasidsFit(physical.Group, pasid, domain)) return Errno.EINVAL;
        if (pasid != 0 && !physical.Iommu.HasPasids) return Errno.EOPNOTSUPP;
        if (pasid != 0 && PasidIsTooLarge(physical.Group, pasid)) return Errno.EINVAL;
        foreach (var other in machine.Devices.Where(other => other.Group == physical.Group))
        {
            var errno = other.Iommu.Attach(other, pasid, domain);
            if (errno == Errno.None && pasid == 0 && LacksVdevice(other, domain)) errno = Errno.ENOENT;
            if (errno != Errno.None) return errno;
        }
        return Errno.None;
    }

    private bool LacksVdevice(ModelDevice device, HwptObject domain) =>
        domain is NestedObject { Viommu: var viommu } && viommu != ObjectId.None && domain.Iommu.NestedWantsVdevice
        && !State.Objects.Values.Any(other => other is VdeviceObject vdevice && vdevice.Viommu == viommu
            && Find<DeviceObject>(vdevice.Device)!.Name == device.Name);

    /// <summary>While any PASID is in use, it and the group's own address space are on domains that are for it.</summary>
    private bool PasidsFit(string group, uint pasid, HwptObject hwpt)
    {
        if (pasid == 0) return hwpt.WithPasids || !State.Attachments.Keys.Any(at => at.Group == group && at.Pasid != 0);
        if (!hwpt.WithPasids) return false;
        return !State.Attachments.TryGetValue((group, 0), out var own) || Find<HwptObject>(own.Hwpt)!.WithPasids;
    }

    /// <summary>Devices of the group that have no PASIDs do not count.</summary>
    private bool PasidIsTooLarge(string group, uint pasid) => machine.Devices.Any(device =>
        device.Group == group && device.Capabilities.PasidBits > 0 && pasid >= 1u << device.Capabilities.PasidBits);

    private ObjectId IoasBelow(ObjectId hwpt) => Find<HwptObject>(hwpt) switch
    {
        PagingObject paging => paging.Ioas,
        NestedObject nested => Find<PagingObject>(nested.Parent)!.Ioas,
        _ => ObjectId.None,
    };
}
