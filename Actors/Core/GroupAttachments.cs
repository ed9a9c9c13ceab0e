using Iommu.Messages;

namespace Iommu.Actors.Core;

/// <summary>
/// Which HWPT the devices of one group are attached to, for each PASID (struct iommufd_group, pasid_attach), and the rules of it
/// (device.c, iommufd_hw_pagetable_attach, iommufd_device_do_replace and iommufd_hw_pagetable_detach). A group is on one HWPT: the
/// first device that attaches takes all of them there, the last one that detaches blocks them, and a replace moves them together.
/// </summary>
public sealed class GroupAttachments
{
    private readonly SortedDictionary<uint, Row> _rows = [];

    /// <summary>What the group is attached to at a PASID; null when it is not.</summary>
    public AttachTarget? Find(uint pasid) => _rows.TryGetValue(pasid, out var row) ? row.Target : null;

    /// <summary>The devices that were attached there one by one, in that order.</summary>
    public IReadOnlyList<ObjectId> Devices(uint pasid) => _rows.TryGetValue(pasid, out var row) ? row.Devices : [];

    /// <summary>Where one device is attached, in the order in which its unbinding detaches it: its own address space last.</summary>
    public IReadOnlyList<uint> PasidsOf(ObjectId device) =>
        [.. _rows.Where(row => row.Value.Devices.Contains(device)).Select(row => row.Key).OrderBy(pasid => pasid == 0)];

    /// <summary>The first step of an attach or a replace: whether the table allows it, and what it comes to.</summary>
    /// <returns>
    /// EBUSY this device is attached there, EINVAL the group is attached there to another HWPT, or for a replace this device is not
    /// attached there.
    /// </returns>
    public Result<AttachWork> Decide(ObjectId device, uint pasid, ObjectId hwpt, AttachMode mode)
    {
        var row = _rows.GetValueOrDefault(pasid);
        var attached = row?.Devices.Contains(device) == true;
        if (mode == AttachMode.AttachOrReplace) mode = attached ? AttachMode.Replace : AttachMode.Attach;
        if (mode == AttachMode.Replace)
            return !attached ? Errno.EINVAL : row!.Target.Hwpt == hwpt ? AttachWork.Nothing : AttachWork.Replace;
        if (attached) return Errno.EBUSY;
        if (row is null) return AttachWork.First;
        return row.Target.Hwpt == hwpt ? AttachWork.Join : Errno.EINVAL;
    }

    /// <summary>
    /// Whether the hardware may be asked to move the group there; comes after <see cref="Decide"/> and the reserving of IOVAs
    /// (iommufd_hwpt_compatible_device, iommufd_hwpt_pasid_compat).
    /// </summary>
    /// <param name="pasid">The address space.</param>
    /// <param name="target">Where to.</param>
    /// <param name="sharesPageRequests">The device is a virtual function whose page requests go through its physical function.</param>
    /// <returns>EINVAL: while any PASID is attached, that HWPT and the one without PASID are both for PASIDs.</returns>
    public Errno Compatible(uint pasid, AttachTarget target, bool sharesPageRequests)
    {
        if (target.HasFaultQueue && sharesPageRequests) return Errno.EINVAL;
        if (pasid == 0) return target.PasidCompatible || _rows.Keys.All(used => used == 0) ? Errno.None : Errno.EINVAL;
        return target.PasidCompatible && Find(0) is null or { PasidCompatible: true } ? Errno.None : Errno.EINVAL;
    }

    /// <summary>
    /// What an attach to an IOAS answers whose own domain could not be filled. An attach comes before the filling, a replace after it
    /// (iommufd_hwpt_paging_alloc, immediate_attach): so the attach is refused first for what is wrong with itself.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="pasid">The address space.</param>
    /// <param name="mode">Attach or replace.</param>
    /// <param name="filling">What the filling came to.</param>
    public Errno WithoutDomain(ObjectId device, uint pasid, AttachMode mode, Errno filling)
    {
        if (mode == AttachMode.Replace || (mode == AttachMode.AttachOrReplace && IsAttached(device, pasid))) return filling;
        var decided = Decide(device, pasid, ObjectId.None, AttachMode.Attach);
        if (decided.Failed) return decided.Errno;
        var compatible = Compatible(pasid, new AttachTarget(ObjectId.None, PasidCompatible: false, HasFaultQueue: false), false);
        return compatible != Errno.None ? compatible : filling;
    }

    /// <summary>A device was attached: as the first of its group, or to where the group is.</summary>
    public void Attach(ObjectId device, uint pasid, AttachTarget target)
    {
        if (!_rows.TryGetValue(pasid, out var row)) _rows[pasid] = row = new Row(target);
        row.Devices.Add(device);
    }

    /// <summary>The whole group was moved; the devices that are attached there.</summary>
    public IReadOnlyList<ObjectId> Replace(uint pasid, AttachTarget target)
    {
        var row = _rows[pasid];
        row.Target = target;
        return row.Devices;
    }

    public bool IsAttached(ObjectId device, uint pasid) => Devices(pasid).Contains(device);

    /// <summary>Whether the group is blocked when this device is detached.</summary>
    public bool IsLast(ObjectId device, uint pasid) => Devices(pasid) is [var only] && only == device;

    public void Detach(ObjectId device, uint pasid)
    {
        if (!_rows.TryGetValue(pasid, out var row)) return;
        row.Devices.Remove(device);
        if (row.Devices.Count == 0) _rows.Remove(pasid);
    }

    private sealed class Row(AttachTarget target)
    {
        public AttachTarget Target { get; set; } = target;

        public List<ObjectId> Devices { get; } = [];
    }
}

/// <summary>What the rules of attaching must know of an HWPT.</summary>
/// <param name="Hwpt">Its id.</param>
/// <param name="PasidCompatible">It was allocated with IOMMU_HWPT_ALLOC_PASID.</param>
/// <param name="HasFaultQueue">Its page faults go to a fault queue.</param>
public sealed record AttachTarget(ObjectId Hwpt, bool PasidCompatible, bool HasFaultQueue);

/// <summary>What an attach or a replace comes to.</summary>
public enum AttachWork
{
    /// <summary>The device is there already.</summary>
    Nothing,

    /// <summary>The group is there already, and the hardware with it.</summary>
    Join,

    /// <summary>The hardware is told.</summary>
    First,

    /// <summary>The hardware is told, and every device that is attached moves.</summary>
    Replace,
}
