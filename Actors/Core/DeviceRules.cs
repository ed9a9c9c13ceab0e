using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>What the core asks of a device, and says of it (drivers/iommu/iommufd/device.c).</summary>
internal static class DeviceRules
{
    /// <summary>
    /// iommufd_bind_iommu, before ownership is claimed. A device that nothing translates is not asked (iommufd_bind_noiommu).
    /// </summary>
    /// <returns>EINVAL no cache coherency, EPERM interrupts of its group that are not isolated and not allowed.</returns>
    public static Errno Bind(PhysicalDevice device, Machine machine, bool allowUnsafeInterrupts)
    {
        if (!device.Iommu.Translates) return Errno.None;
        if (!CapabilitiesOf(device).CacheCoherent) return Errno.EINVAL;
        var isolated = machine.Devices.Where(other => other.Group == device.Group).All(other => CapabilitiesOf(other).IsolatedMsi);
        return isolated || allowUnsafeInterrupts ? Errno.None : Errno.EPERM;
    }

    /// <summary>iommufd_get_hw_info, what comes before the device is looked up.</summary>
    public static Errno HwInfo(GetHwInfo call) => (call.Flags & ~HwInfoFlags.InputType) == 0 ? Errno.None : Errno.EOPNOTSUPP;

    /// <summary>iommufd_get_hw_info. The type is the variant's own unless one is asked for by flag.</summary>
    public static HwInfoAnswer HwInfo(GetHwInfo call, PhysicalDevice device)
    {
        var type = call.Flags.HasFlag(HwInfoFlags.InputType) ? call.Type : HwInfoType.None;
        var info = device.Iommu.Translates ? device.Iommu.HwInfo(device, type) : Errno.EOPNOTSUPP;
        if (info.Failed) return new HwInfoAnswer(info.Errno, HwInfoType.None, default);
        var capabilities = CapabilitiesOf(device);
        return new HwInfoAnswer(Errno.None, info.Value!.Type, info.Value.Data, Flags(capabilities), capabilities.PasidBits);
    }

    /// <summary>iommu_attach_device_pasid: whether a device with PASIDs has not this one. EINVAL then, for the whole group.</summary>
    public static bool IsBeyond(PhysicalDevice device, uint pasid) =>
        HasPasids(device) && (ulong)pasid >> CapabilitiesOf(device).PasidBits != 0;

    public static bool HasPasids(PhysicalDevice device) => CapabilitiesOf(device).PasidBits > 0;

    private static HwCapabilities Flags(DeviceCapabilities device)
    {
        var flags = device.DirtyTracking ? HwCapabilities.DirtyTracking : HwCapabilities.None;
        if (!device.Ats) flags |= HwCapabilities.PciAtsNotSupported;
        if (device.PasidBits > 0 && device.PasidExec) flags |= HwCapabilities.PciPasidExec;
        if (device.PasidBits > 0 && device.PasidPriv) flags |= HwCapabilities.PciPasidPriv;
        return flags;
    }

    public static DeviceCapabilities CapabilitiesOf(PhysicalDevice device) => device.Iommu.Capabilities(device);
}
