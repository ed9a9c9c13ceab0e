using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Model;

/// <summary>What a random caller does, and how often.</summary>
internal static class CallWeights
{
    public static readonly IReadOnlyList<CallWeight> Objects =
    [
        new(6, g => new DeviceBind(g.DeviceName())),
        new(2, g => new DeviceUnbind(g.Id<DeviceObject>())),
        new(3, _ => new IoasAlloc()),
        new(10, g => new Destroy(g.AnyId())),
        new(7, g => new DeviceAttach(g.Id<DeviceObject>(), g.Id<IoasObject>())),
        new(7, g => new DeviceAttach(g.Id<DeviceObject>(), g.Id<HwptObject>())),
        new(5, g => new DeviceDetach(g.Id<DeviceObject>())),
        new(3, g => new GetHwInfo(g.Id<DeviceObject>())),
        new(6, g => new HwptAlloc(g.Id<DeviceObject>(), g.Id<IoasObject>(),
            g.Pick(HwptAllocFlags.None, HwptAllocFlags.NestParent, HwptAllocFlags.NestParent, HwptAllocFlags.DirtyTracking))),
        new(6, g => Nested(g, g.OneIn(8) ? g.Id<PagingObject>() : g.Id<ViommuObject>())),
        new(6, g => new ViommuAlloc(g.Id<DeviceObject>(), g.Id<PagingObject>(),
            g.OneIn(20) ? ViommuType.Default : ViommuType.ArmSmmuv3, g.OneIn(30) ? 1u : 0)),
        new(6, g => new VdeviceAlloc(g.Id<ViommuObject>(), g.Id<DeviceObject>(), g.Pick<ulong>(0, 1, 2, 9))),
        new(5, Invalidate),
    ];

    public static readonly IReadOnlyList<CallWeight> Mappings =
    [
        new(9, g => Map(g, isFixed: true)),
        
        new(10, Unmap),
    ];

    /// <summary>The end of everything, now and then.</summary>
    public static readonly IReadOnlyList<CallWeight> Ends = [new(1, g => g.OneIn(4) ? new Close() : new IoasAlloc(g.Pick(0u)))];

    public static readonly IReadOnlyList<CallWeight> All = [.. Objects, .. Mappings, .. Ends];

    private static HwptAlloc Nested(CallGenerator g, ObjectId parent) => new(
        g.Id<DeviceObject>(), parent, g.OneIn(20) ? HwptAllocFlags.NestParent : HwptAllocFlags.None,
        g.OneIn(20) ? HwptDataType.VtdS1 : HwptDataType.ArmSmmuv3, g.OneIn(30) ? default : new byte[16]);

    private static HwptInvalidate Invalidate(CallGenerator g)
    {
        var entries = new byte[16 * g.Pick(0, 1, 2, 3)];
        for (var i = 0; i < entries.Length; i += 16) entries[i] = g.OneIn(6) ? (byte)0xff : (byte)0;
        var target = g.OneIn(6) ? g.AnyId() : g.OneIn(5) ? g.Id<NestedObject>() : g.Id<ViommuObject>();
        var type = g.OneIn(12) ? InvalidateDataType.VtdS1 : InvalidateDataType.ArmSmmuv3;
        return new HwptInvalidate(target, type, g.OneIn(20) ? g.Pick(0, 4097) : 16, entries.Length / 16, entries);
    }

    private static IoasMap Map(CallGenerator g, bool isFixed)
    {
        var ioas = g.Id<IoasObject>();
        return new IoasMap(ioas, g.MapFlags(isFixed), g.UserAddress(), g.LengthBytes(ioas), isFixed ? g.Iova(ioas) : 0);
    }

    private static IoasUnmap Unmap(CallGenerator g)
    {
        var ioas = g.Id<IoasObject>();
        return g.OneIn(8) ? new IoasUnmap(ioas, 0, ulong.MaxValue) : new IoasUnmap(ioas, g.Iova(ioas), g.LengthBytes(ioas));
    }
}
