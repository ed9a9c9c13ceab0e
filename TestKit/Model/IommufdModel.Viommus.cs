using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>VIOMMU_ALLOC and VDEVICE_ALLOC (viommu.c).</summary>
internal sealed partial class IommufdModel
{
    private Answer AllocViommu(ViommuAlloc call)
    {
        if (call.Flags != 0 || call.Type == ViommuType.Default) return Errno.EOPNOTSUPP;
        if (Lookup<DeviceObject>(call.Device) is null) return Errno.ENOENT;
        var iommu = Physical(call.Device).Iommu;
        if (!iommu.HasViommus(call.Type)) return Errno.EOPNOTSUPP;
        if (Lookup<PagingObject>(call.Hwpt) is not { } parent) return Errno.ENOENT;
        if (!parent.NestParent) return Errno.EINVAL;
        var built = iommu.Viommu(new UserData(call.Type, call.Data), parent.Iommu);
        if (built.Failed) return built.Errno;
        var offset = built.Value == 0 ? 0 : AllocMmap(built.Value);
        var id = Add(new ViommuObject(call.Hwpt, iommu, call.Type) { MmapOffset = offset, MmapBytes = built.Value });
        return new ViommuAnswer(Errno.None, id, built.Value == 0 ? default
            : iommu.ViommuDataBack(new UserData(call.Type, call.Data), offset));
    }

    private Answer AllocVdevice(VdeviceAlloc call)
    {
        if (Lookup<ViommuObject>(call.Viommu) is not { } viommu || Lookup<DeviceObject>(call.Device) is null) return Errno.ENOENT;
        if (Physical(call.Device).Iommu != viommu.Iommu) return Errno.EINVAL;
        if (State.Objects.Values.Any(other => other is VdeviceObject vdevice && vdevice.Device == call.Device)) return Errno.EEXIST;
        if (HasVirtualId(call.Viommu, call.VirtualId)) return Errno.EEXIST;
        var errno = viommu.Iommu.Vdevice(call.VirtualId);
        return errno != Errno.None ? errno : Add(new VdeviceObject(call.Viommu, call.Device, call.VirtualId));
    }

    /// <summary>
    /// A vDEVICE that is none yet: its driver has accepted it, and invalidations find it by virtual id. Null when it does not get there.
    /// </summary>
    public ObjectId? LinkAlone(VdeviceAlloc call) => Fork().AllocVdevice(call).Errno != Errno.None
        ? null : AddAlone(new VdeviceObject(call.Viommu, call.Device, call.VirtualId));
}
