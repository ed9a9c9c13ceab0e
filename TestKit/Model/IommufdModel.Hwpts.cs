using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>HWPT_ALLOC and HWPT_INVALIDATE (hw_pagetable.c).</summary>
internal sealed partial class IommufdModel
{
    private const int InvalidateEntriesMax = 1 << 19;

    private Answer AllocHwpt(HwptAlloc call)
    {
        if ((call.DataType == HwptDataType.None) != call.Data.IsEmpty) return Errno.EINVAL;
        if (Lookup<DeviceObject>(call.Device) is null) return Errno.ENOENT;
        var built = Lookup<ModelObject>(call.Parent) switch
        {
            IoasObject => AllocPaging(call),
            PagingObject parent => AllocNested(call, parent),
            ViommuObject viommu => AllocNested(call, viommu),
            _ => Errno.EINVAL,
        };
        if (built.Errno != Errno.None || !call.Flags.HasFlag(HwptAllocFlags.FaultIdValid)) return built;
        // The fault queue is looked up last, when the rest is built.
        return Lookup<ModelObject>(call.FaultQueue)?.Type == ObjectType.Fault ? built : Errno.ENOENT;
    }

    private static ObjectId FaultQueueOf(HwptAlloc call) =>
        call.Flags.HasFlag(HwptAllocFlags.FaultIdValid) ? call.FaultQueue : ObjectId.None;

    private Answer AllocPaging(HwptAlloc call)
    {
        const HwptAllocFlags known = HwptAllocFlags.NestParent | HwptAllocFlags.DirtyTracking
            | HwptAllocFlags.FaultIdValid | HwptAllocFlags.Pasid;
        var device = Physical(call.Device);
        if ((call.Flags & ~known) != 0) return Errno.EOPNOTSUPP;
        if (call.Flags.HasFlag(HwptAllocFlags.DirtyTracking) && !device.Capabilities.DirtyTracking) return Errno.EOPNOTSUPP;
        if (call.Flags.HasFlag(HwptAllocFlags.FaultIdValid | HwptAllocFlags.NestParent)) return Errno.EOPNOTSUPP;
        var limits = device.Iommu.Paging(device, call.Flags & ~HwptAllocFlags.FaultIdValid, new UserData(call.DataType, call.Data));
        if (limits.Failed) return limits.Errno;
        var id = Add(new PagingObject(call.Parent, device.Iommu, call.Flags, limits.Value!, Auto: false, FaultQueueOf(call)));
        var errno = Fill(id);
        return errno == Errno.None ? id : errno;
    }

    /// <summary>Straight on a nest parent (iommufd_hwpt_nested_alloc).</summary>
    private Answer AllocNested(HwptAlloc call, PagingObject parent)
    {
        var iommu = Physical(call.Device).Iommu;
        if ((call.Flags & ~(HwptAllocFlags.FaultIdValid | HwptAllocFlags.Pasid)) != 0) return Errno.EOPNOTSUPP;
        if (call.Data.IsEmpty || !iommu.NestsOnParents) return Errno.EOPNOTSUPP;
        if (parent.Auto || !parent.NestParent || !iommu.IsSameDriver(parent.Iommu)) return Errno.EINVAL;
        var errno = iommu.Nested(call.Flags & ~HwptAllocFlags.FaultIdValid, new UserData(call.DataType, call.Data));
        return errno != Errno.None ? errno
            : Add(new NestedObject(call.Parent, ObjectId.None, iommu, call.Flags, FaultQueueOf(call)));
    }

    /// <summary>On a vIOMMU (iommufd_viommu_alloc_hwpt_nested).</summary>
    private Answer AllocNested(HwptAlloc call, ViommuObject viommu)
    {
        if (Physical(call.Device).Iommu != viommu.Iommu) return Errno.EINVAL;
        if ((call.Flags & ~(HwptAllocFlags.FaultIdValid | HwptAllocFlags.Pasid)) != 0 || call.Data.IsEmpty) return Errno.EOPNOTSUPP;
        var errno = viommu.Iommu.NestedOnViommu(call.Flags & ~HwptAllocFlags.FaultIdValid, new UserData(call.DataType, call.Data));
        return errno != Errno.None ? errno
            : Add(new NestedObject(viommu.Hwpt, call.Parent, viommu.Iommu, call.Flags, FaultQueueOf(call)));
    }

    private Answer Invalidate(HwptInvalidate call)
    {
        if (call.EntryNum != 0 && (call.Entries.IsEmpty || call.EntryLength is <= 0 or > (int)ModelState.PageBytes
            || call.EntryNum is < 0 or > InvalidateEntriesMax)) return Errno.EINVAL;
        return Lookup<ModelObject>(call.Target) switch
        {
            null => Errno.ENOENT,
            ViommuObject viommu => viommu.Iommu.Invalidate(call, id => HasVirtualId(call.Target, id)),
            NestedObject nested => nested.Iommu.Invalidate(call, null),
            _ => Errno.EINVAL,
        };
    }

    private bool HasVirtualId(ObjectId viommu, ulong virtualId) => State.Objects.Values.Any(
        other => other is VdeviceObject vdevice && vdevice.Viommu == viommu && vdevice.VirtualId == virtualId);
}
