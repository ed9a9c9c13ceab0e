using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>
/// VFIO_DEVICE_BIND_IOMMUFD: makes a device of the machine an object of the context. ENODEV unknown or without an IOMMU group,
/// EBUSY owned elsewhere, EINVAL not cache coherent, EPERM interrupts that are not isolated.
/// </summary>
/// <param name="Name">The device's name in the machine's inventory.</param>
public sealed record DeviceBind(string Name) : Call;

/// <summary>Closing the device's file: detaches it, tombstones its vDEVICE if it still has one, and destroys the object.</summary>
public sealed record DeviceUnbind(ObjectId Device) : Call;

/// <summary>Whether an attach may find something attached.</summary>
public enum AttachMode
{
    /// <summary>As VFIO_DEVICE_ATTACH_IOMMUFD_PT: attach, or replace what this device is attached to.</summary>
    AttachOrReplace,

    /// <summary>iommufd_device_attach(): EBUSY when this device is attached, EINVAL when its group is attached to another one.</summary>
    Attach,

    /// <summary>iommufd_device_replace(): EINVAL when this device is not attached. On an error nothing has changed.</summary>
    Replace,
}

/// <summary>
/// VFIO_DEVICE_ATTACH_IOMMUFD_PT: to an HWPT, or to an IOAS through a domain of its own making. The answer's value is the id of
/// the HWPT.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="PageTable">An HWPT or an IOAS. ENOENT when there is none, EINVAL when it is something else.</param>
/// <param name="Pasid">The address space of the device that is attached; 0 is the device's own (IOMMU_NO_PASID).</param>
/// <param name="Mode">Attach, replace, or either.</param>
public sealed record DeviceAttach(
    ObjectId Device, ObjectId PageTable, uint Pasid = 0, AttachMode Mode = AttachMode.AttachOrReplace) : Call;

/// <summary>VFIO_DEVICE_DETACH_IOMMUFD_PT. Success when nothing is attached, as in the kernel.</summary>
public sealed record DeviceDetach(ObjectId Device, uint Pasid = 0) : Call;

/// <summary>
/// IOMMU_GET_HW_INFO. Answered by <see cref="HwInfoAnswer"/>. EOPNOTSUPP unknown flag, a type that the hardware has not, or a
/// device without an IOMMU.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="Flags">Whether <paramref name="Type"/> is asked for.</param>
/// <param name="Type">The type asked for, with <see cref="HwInfoFlags.InputType"/>.</param>
public sealed record GetHwInfo(ObjectId Device, HwInfoFlags Flags = HwInfoFlags.None, HwInfoType Type = HwInfoType.None) : Call;
