namespace Iommu.Messages;

/// <summary>
/// VFIO_DEVICE_BIND_IOMMUFD: makes a device of the machine an object of the context. ENODEV unknown, EBUSY owned elsewhere.
/// </summary>
/// <param name="Name">The device's name in the machine's inventory.</param>
public sealed record DeviceBind(string Name) : Call;

/// <summary>Closing the device's file: detaches it, tombstones its vDEVICE if it still has one, and destroys the object.</summary>
public sealed record DeviceUnbind(ObjectId Device) : Call;

/// <summary>
/// VFIO_DEVICE_ATTACH_IOMMUFD_PT: to an HWPT, or to an IOAS through a domain of its own making. Replaces what was attached.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="PageTable">An HWPT or an IOAS. ENOENT when it is neither.</param>
public sealed record DeviceAttach(ObjectId Device, ObjectId PageTable) : Call;

/// <summary>VFIO_DEVICE_DETACH_IOMMUFD_PT. Success when nothing is attached, as in the kernel.</summary>
public sealed record DeviceDetach(ObjectId Device) : Call;

/// <summary>IOMMU_GET_HW_INFO. The answer is an <see cref="HwInfoAnswer"/>.</summary>
public sealed record GetHwInfo(ObjectId Device) : Call;
