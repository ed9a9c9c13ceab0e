using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>Bind, unbind, GET_HW_INFO (device.c).</summary>
internal sealed partial class IommufdModel
{
    private Answer Bind(string name)
    {
        if (machine.Find(name) is not { } device) return Errno.ENODEV;
        if (!device.Capabilities.CacheCoherent) return Errno.EINVAL;
        if (!device.Capabilities.IsolatedMsi) return Errno.EPERM;
        if (State.Objects.Values.Contains(new DeviceObject(name))) return Errno.EBUSY;
        return Add(new DeviceObject(name));
    }

    /// <summary>The device's file is closed: it is detached, and its vDEVICE becomes a tombstone.</summary>
    private Answer Unbind(ObjectId id)
    {
        if (Lookup<DeviceObject>(id) is null) return Errno.ENOENT;
        foreach (var unwanted in DetachFromAll(id)) Remove(unwanted);
        if (VdeviceOf(id) is { } vdevice) Tombstone(vdevice);
        Remove(id);
        return Answer.Success;
    }

    private Answer HwInfo(GetHwInfo call)
    {
        if ((call.Flags & ~HwInfoFlags.InputType) != 0) return Errno.EOPNOTSUPP;
        if (Lookup<DeviceObject>(call.Device) is null) return Errno.ENOENT;
        var device = Physical(call.Device);
        var info = device.Iommu.HwInfo(device, call.Flags.HasFlag(HwInfoFlags.InputType) ? call.Type : HwInfoType.None);
        if (info.Failed) return info.Errno;
        var can = device.Capabilities;
        var capabilities = (can.DirtyTracking ? HwCapabilities.DirtyTracking : 0)
            | (can.Ats ? 0 : HwCapabilities.PciAtsNotSupported)
            | (can.PasidBits > 0 && can.PasidExec ? HwCapabilities.PciPasidExec : 0)
            | (can.PasidBits > 0 && can.PasidPriv ? HwCapabilities.PciPasidPriv : 0);
        return new HwInfoAnswer(Errno.None, info.Value!.Type, info.Value.Data, capabilities, can.PasidBits);
    }

    private ModelDevice Physical(ObjectId device) => machine.Find(Find<DeviceObject>(device)!.Name)!;
}
