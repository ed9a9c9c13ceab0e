using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Stress;

/// <summary>Calls that must fail, each with its errno, and change nothing.</summary>
internal sealed partial class ControllerActor
{
    private const HwptAllocFlags NoSuchFlag = (HwptAllocFlags)(1u << 30);
    private const ViommuType NoSuchViommu = (ViommuType)0x7FFF_FFF0;
    private const InvalidateDataType NoSuchInvalidation = (InvalidateDataType)0x7FFF_FFF0;
    private static readonly ObjectId NoSuchId = new(0x7FFF_FFF0);

    private async Task MakeMistake()
    {
        var mistakes = Mistakes(Vmm.Devices[0]).ToList();
        var (call, errno) = mistakes[_random.Below(mistakes.Count)];
        await Call(call, errno);
    }

    private IEnumerable<(Call Call, Errno Errno)> Mistakes(ObjectId device) =>
    [
        (new Destroy(NoSuchId), Errno.ENOENT),
        (new Destroy(Vmm.Ioas), Errno.EBUSY),
        (new Destroy(Vmm.NestParent), Errno.EBUSY),
        (new Destroy(Vmm.Nested[0]), Errno.EBUSY),
        (new Destroy(device), Errno.EBUSY),
        (new DeviceBind(_settings.Spare + ".none"), Errno.ENODEV),
        (new DeviceBind(Vmm.DeviceNames[0]), Errno.EBUSY),
        (new DeviceAttach(NoSuchId, Vmm.NestParent), Errno.ENOENT),
        (new HwptAlloc(device, device), Errno.EINVAL),
        (new HwptAlloc(device, Vmm.Ioas, NoSuchFlag), Errno.EOPNOTSUPP),
        (new ViommuAlloc(device, Vmm.NestParent, NoSuchViommu), Errno.EOPNOTSUPP),
        (new VdeviceAlloc(NoSuchId, device, 1), Errno.ENOENT),
        (new IoasMap(Vmm.Ioas, ReadWrite, 0x1000, ControllerMaps.PageBytes), Errno.EFAULT),
        (new IoasMap(Vmm.Ioas, IoasMapFlags.None, _secondMemory, ControllerMaps.PageBytes), Errno.EINVAL),
        (new IoasUnmap(Vmm.Ioas, ulong.MaxValue, 2), Errno.EOVERFLOW),
        .. MistakesOfItsHardware(device),
        .. Vmm.Iommu.Viommu is { } type ? MistakesOfItsViommu(device, type) : [],
    ];

    private IEnumerable<(Call Call, Errno Errno)> MistakesOfItsHardware(ObjectId device)
    {
        var iommu = Vmm.Iommu;
        var parent = iommu.Viommu is null ? Vmm.NestParent : Vmm.Viommu;
        var (target, type, length) = (Vmm.InvalidationTargets[0], iommu.InvalidateDataType, iommu.EntryBytes);
        var (illegal, refusal) = iommu.IllegalEntry;
        return
        [
            (Vmm.NestedCall(device, parent, new byte[3]), Errno.EINVAL),
            (Vmm.NestedCall(device, parent, illegal), refusal),
            (new HwptInvalidate(Vmm.Ioas, type, length, 1, new byte[length]), Errno.EINVAL),
            (new HwptInvalidate(target, type, 0, 1, new byte[length]), Errno.EINVAL),
            (new HwptInvalidate(target, NoSuchInvalidation, length, 1, new byte[length]), Errno.EINVAL),
        ];
    }

    private IEnumerable<(Call Call, Errno Errno)> MistakesOfItsViommu(ObjectId device, ViommuType type) =>
    [
        (new Destroy(Vmm.Viommu), Errno.EBUSY),
        (new DeviceAttach(device, Vmm.Viommu), Errno.EINVAL),
        (new ViommuAlloc(device, NoSuchId, type), Errno.ENOENT),
    ];
}
