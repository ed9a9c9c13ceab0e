using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Contexts;

/// <summary>Calls about what a guest is given: a vIOMMU and what is on it, dirty bits, MMIO regions.</summary>
internal static partial class CallRouter
{
    private static Route Viommu(ViommuAlloc call, ObjectTable table)
    {
        var errno = CallRules.Viommu(call);
        if (errno != Errno.None) return new Route(errno);
        if (table.Find(call.Device, ObjectType.Device) is not { } device) return new Route(Errno.ENOENT);
        var physical = (PhysicalDevice)device.Hardware!;
        if (!physical.Iommu.SupportsViommu(physical, call.Type)) return new Route(Errno.EOPNOTSUPP);
        var hwpt = table.Find(call.Hwpt, ObjectType.HwptPaging);
        return hwpt is null ? new Route(Errno.ENOENT) : new Route(hwpt.Actor, new Acquire(call, device));
    }

    private static Route Vdevice(VdeviceAlloc call, ObjectTable table)
    {
        var viommu = table.Find(call.Viommu, ObjectType.Viommu);
        var device = table.Find(call.Device, ObjectType.Device);
        return viommu is null || device is null ? new Route(Errno.ENOENT) : new Route(device.Actor, new Acquire(call, viommu));
    }

    private static Route HwQueue(HwQueueAlloc call, ObjectTable table)
    {
        var errno = Ring.Check(call);
        if (errno != Errno.None) return new Route(errno);
        return table.Find(call.Viommu, ObjectType.Viommu) is { } viommu
            ? new Route(viommu.Actor, new Acquire(call, null)) : new Route(Errno.ENOENT);
    }

    private static Route Dirty(Call call, ObjectId id, Errno flags, ObjectTable table)
    {
        if (flags != Errno.None) return new Route(flags);
        return table.Find(id, ObjectType.HwptPaging) is { } hwpt
            ? new Route(hwpt.Actor, new Acquire(call, null)) : new Route(Errno.ENOENT);
    }

    /// <summary>To the owner of a region, who alone can say whether it is still there; before it is published nobody can see it.</summary>
    private static Route Region(Call call, ulong offset, Errno none, ObjectTable table) =>
        table.Regions.Find(offset)?.Owner.Viommu is { } viommu ? new Route(viommu, call) : new Route(none);
}
