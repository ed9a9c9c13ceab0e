using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Stress;

/// <summary>Calls that must fail, each with its errno, and change nothing.</summary>
internal sealed partial class ControllerActor
{
    private static readonly ObjectId NoSuchId = new(0x7FFF_FFF0);

    private async Task MakeMistake()
    {
        var device = Vmm.Devices[0];
        (Call Call, Errno Errno)[] mistakes =
        [
            (new Destroy(NoSuchId), Errno.ENOENT),
            (new Destroy(Vmm.Ioas), Errno.EBUSY),
            (new Destroy(Vmm.NestParent), Errno.EBUSY),
            (new Destroy(Vmm.Viommu), Errno.EBUSY),
            (new Destroy(Vmm.Nested[0]), Errno.EBUSY),
            (new Destroy(device), Errno.EBUSY),
            (new DeviceBind(_settings.Spare + ".none"), Errno.ENODEV),
            (new DeviceBind(Vmm.DeviceNames[0]), Errno.EBUSY),
            (new DeviceAttach(device, Vmm.Viommu), Errno.EINVAL),
            (new DeviceAttach(NoSuchId, Vmm.NestParent), Errno.ENOENT),
            (new HwptAlloc(device, device), Errno.EINVAL),
            (new HwptAlloc(device, Vmm.Ioas, HwptAllocFlags.DirtyTracking), Errno.EOPNOTSUPP),
            (new HwptAlloc(device, Vmm.Viommu, DataType: HwptDataType.ArmSmmuv3, Data: new byte[3]), Errno.EINVAL),
            (new HwptAlloc(device, Vmm.Viommu, DataType: HwptDataType.ArmSmmuv3, Data: IllegalEntry()), Errno.EIO),
            (new ViommuAlloc(device, NoSuchId, ViommuType.ArmSmmuv3), Errno.ENOENT),
            (new ViommuAlloc(device, Vmm.NestParent, ViommuType.Tegra241Cmdqv),
                Vmm.ViommuType == ViommuType.Tegra241Cmdqv ? Errno.EINVAL : Errno.EOPNOTSUPP),
            (new VdeviceAlloc(NoSuchId, device, 1), Errno.ENOENT),
            (new IoasMap(Vmm.Ioas, ReadWrite, 0x1000, ControllerMaps.PageBytes), Errno.EFAULT),
            (new IoasMap(Vmm.Ioas, IoasMapFlags.None, _secondMemory, ControllerMaps.PageBytes), Errno.EINVAL),
            (new IoasUnmap(Vmm.Ioas, ulong.MaxValue, 2), Errno.EOVERFLOW),
            (new HwptInvalidate(Vmm.Ioas, InvalidateDataType.ArmSmmuv3, 16, 1, new byte[16]), Errno.EINVAL),
            (new HwptInvalidate(Vmm.Viommu, InvalidateDataType.ArmSmmuv3, 0, 1, new byte[16]), Errno.EINVAL),
            (new HwptInvalidate(Vmm.Viommu, InvalidateDataType.VtdS1, 16, 1, new byte[16]), Errno.EINVAL),
        ];
        var (call, errno) = mistakes[_random.Below(mistakes.Length)];
        await Call(call, errno);
    }

    // Config = nested is the host's to write.
    private static byte[] IllegalEntry() => [0x0F, .. new byte[15]];
}
