using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Model;

/// <summary>What a random caller does, and how often.</summary>
internal static class CallWeights
{
    public static readonly IReadOnlyList<CallWeight> Devices =
    [
        new(6, g => new DeviceBind(g.DeviceName())),
        new(2, g => new DeviceUnbind(g.Id<DeviceObject>())),
        new(7, g => new DeviceAttach(g.Id<DeviceObject>(), g.Id<IoasObject>(), g.Pasid(), g.AttachMode())),
        new(7, g => new DeviceAttach(g.Id<DeviceObject>(), g.Id<HwptObject>(), g.Pasid(), g.AttachMode())),
        new(5, g => new DeviceDetach(g.Id<DeviceObject>(), g.Pasid())),
        new(3, g => new GetHwInfo(g.Id<DeviceObject>(), g.Pick(HwInfoFlags.None, HwInfoFlags.InputType, (HwInfoFlags)(g.OneIn(9) ? 2 : 0)),
            g.Pick(HwInfoType.None, HwInfoType.Selftest, HwInfoType.ArmSmmuv3, HwInfoType.Amd))),
    ];

    public static readonly IReadOnlyList<CallWeight> Objects =
    [
        .. Devices,
        new(3, _ => new IoasAlloc()),
        new(10, g => new Destroy(g.AnyId())),
        new(7, g => g.PagingAlloc()),
        new(6, g => g.NestedAlloc(g.OneIn(4) ? g.Id<PagingObject>() : g.Id<ViommuObject>())),
        new(6, g => g.ViommuAlloc()),
        new(6, g => new VdeviceAlloc(g.Id<ViommuObject>(), g.Id<DeviceObject>(), g.Pick<ulong>(0, 1, 2, 9))),
        new(5, g => g.Invalidate()),
    ];

    public static readonly IReadOnlyList<CallWeight> Mappings =
    [
        new(9, g => g.Map(isFixed: true)),
        new(9, g => g.Map(isFixed: false)),
        new(10, g => g.Unmap()),
    ];

    /// <summary>The end of everything, now and then.</summary>
    public static readonly IReadOnlyList<CallWeight> Ends = [new(1, g => g.OneIn(4) ? new Close() : new IoasAlloc(g.Pick(0u, 0u, 1u)))];

    public static readonly IReadOnlyList<CallWeight> All = [.. Objects, .. Mappings, .. Ends];
}
