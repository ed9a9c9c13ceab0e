using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>What the core checks of a call before any driver sees it. Order and errnos are the kernel's (drivers/iommu/iommufd).</summary>
internal static class CallRules
{
    private const int InvalidateEntriesMax = 1 << 19;
    private const int InvalidateEntryLengthMax = 4096;
    private const HwptAllocFlags NestedFlags = HwptAllocFlags.FaultIdValid | HwptAllocFlags.Pasid;

    /// <summary>hw_pagetable.c, iommufd_hwpt_alloc: a data type comes with data, and data with a type.</summary>
    public static Errno HwptData(HwptAlloc call) =>
        (call.DataType == HwptDataType.None) == call.Data.IsEmpty ? Errno.None : Errno.EINVAL;

    /// <summary>The flags that a driver sees: whose page faults are whose is the core's.</summary>
    public static HwptAllocFlags DriverFlags(HwptAlloc call) => call.Flags & ~HwptAllocFlags.FaultIdValid;

    /// <summary>hw_pagetable.c, iommufd_hwpt_paging_alloc. There is no fault queue to name yet, so that a fault id names nothing.</summary>
    public static Errno HwptPaging(HwptAlloc call, PhysicalDevice device)
    {
        const HwptAllocFlags known = HwptAllocFlags.NestParent | HwptAllocFlags.DirtyTracking
            | HwptAllocFlags.FaultIdValid | HwptAllocFlags.Pasid;
        if ((call.Flags & ~known) != 0) return Errno.EOPNOTSUPP;
        if (call.Flags.HasFlag(HwptAllocFlags.DirtyTracking) && !device.Iommu.Capabilities(device).DirtyTracking)
            return Errno.EOPNOTSUPP;
        if (!call.Flags.HasFlag(HwptAllocFlags.FaultIdValid)) return Errno.None;
        return call.Flags.HasFlag(HwptAllocFlags.NestParent) ? Errno.EOPNOTSUPP : Errno.ENOENT;
    }

    /// <summary>hw_pagetable.c, iommufd_viommu_alloc_hwpt_nested.</summary>
    public static Errno HwptNested(HwptAlloc call, IViommuDriver viommu, PhysicalDevice device)
    {
        if (viommu.Iommu != device.Iommu) return Errno.EINVAL;
        return (call.Flags & ~NestedFlags) != 0 || call.Data.IsEmpty ? Errno.EOPNOTSUPP : NestedFaultQueue(call);
    }

    /// <summary>hw_pagetable.c, iommufd_hwpt_nested_alloc: straight on a nest parent.</summary>
    public static Errno HwptNested(HwptAlloc call, IPagingDomain parent, bool auto, PhysicalDevice device)
    {
        if ((call.Flags & ~NestedFlags) != 0 || call.Data.IsEmpty || !device.Iommu.SupportsNested) return Errno.EOPNOTSUPP;
        return auto || !parent.IsNestParent || parent.Iommu.Kind != device.Iommu.Kind ? Errno.EINVAL : NestedFaultQueue(call);
    }

    private static Errno NestedFaultQueue(HwptAlloc call) =>
        call.Flags.HasFlag(HwptAllocFlags.FaultIdValid) ? Errno.ENOENT : Errno.None;

    /// <summary>ioas.c, iommufd_ioas_map, what comes before the IOAS is looked up.</summary>
    public static Errno Map(IoasMap call)
    {
        const IoasMapFlags rights = IoasMapFlags.Writeable | IoasMapFlags.Readable;
        if ((call.Flags & ~(IoasMapFlags.FixedIova | rights)) != 0) return Errno.EOPNOTSUPP;
        if (call.Iova == ulong.MaxValue || call.LengthBytes == ulong.MaxValue) return Errno.EOVERFLOW;
        return (call.Flags & rights) == 0 ? Errno.EINVAL : Errno.None;
    }

    /// <summary>viommu.c, iommufd_viommu_alloc_ioctl, what comes before any object is looked up.</summary>
    public static Errno Viommu(ViommuAlloc call) =>
        call.Flags != 0 || call.Type == ViommuType.Default ? Errno.EOPNOTSUPP : Errno.None;

    /// <summary>hw_pagetable.c, iommufd_hwpt_invalidate, what comes before the target is looked up.</summary>
    public static Errno Invalidate(HwptInvalidate call)
    {
        if (call.EntryNum == 0) return Errno.None;
        if (call.EntryNum is < 0 or > InvalidateEntriesMax) return Errno.EINVAL;
        if (call.EntryLength is <= 0 or > InvalidateEntryLengthMax) return Errno.EINVAL;
        return call.Entries.IsEmpty ? Errno.EINVAL : Errno.None;
    }

    /// <summary>The array is read only once the target is found.</summary>
    public static bool HasEntries(HwptInvalidate call) => call.Entries.Length >= (long)call.EntryNum * call.EntryLength;
}
