using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>What the core checks of a call before any driver sees it. Order and errnos are the kernel's (drivers/iommu/iommufd).</summary>
internal static class CallRules
{
    private const IoasMapFlags MapRights = IoasMapFlags.Writeable | IoasMapFlags.Readable;
    private const int InvalidateEntriesMax = 1 << 19;
    private const int InvalidateEntryLengthMax = 4096;
    private const HwptAllocFlags NestedFlags = HwptAllocFlags.FaultIdValid | HwptAllocFlags.Pasid;
    private const uint VeventqDepthMax = 1 << 19;

    /// <summary>hw_pagetable.c, iommufd_hwpt_alloc: a data type comes with data, and data with a type.</summary>
    public static Errno HwptData(HwptAlloc call) =>
        (call.DataType == HwptDataType.None) == call.Data.IsEmpty ? Errno.None : Errno.EINVAL;

    /// <summary>The flags that a driver sees: whose page faults are whose is the core's.</summary>
    public static HwptAllocFlags DriverFlags(HwptAlloc call) => call.Flags & ~HwptAllocFlags.FaultIdValid;

    /// <summary>Who is to get the page faults; none when the call does not say.</summary>
    public static ObjectId FaultQueueOf(HwptAlloc call) =>
        call.Flags.HasFlag(HwptAllocFlags.FaultIdValid) ? call.FaultQueue : ObjectId.None;

    /// <summary>hw_pagetable.c, iommufd_hwpt_paging_alloc. The fault queue that it names is looked up when it is built.</summary>
    public static Errno HwptPaging(HwptAlloc call, PhysicalDevice device)
    {
        const HwptAllocFlags known = HwptAllocFlags.NestParent | HwptAllocFlags.DirtyTracking
            | HwptAllocFlags.FaultIdValid | HwptAllocFlags.Pasid;
        if ((call.Flags & ~known) != 0) return Errno.EOPNOTSUPP;
        if (call.Flags.HasFlag(HwptAllocFlags.DirtyTracking) && !device.Iommu.Capabilities(device).DirtyTracking)
            return Errno.EOPNOTSUPP;
        if (!call.Flags.HasFlag(HwptAllocFlags.FaultIdValid)) return Errno.None;
        return call.Flags.HasFlag(HwptAllocFlags.NestParent) ? Errno.EOPNOTSUPP : Errno.None;
    }

    /// <summary>hw_pagetable.c, iommufd_viommu_alloc_hwpt_nested.</summary>
    public static Errno HwptNested(HwptAlloc call, IViommuDriver viommu, PhysicalDevice device)
    {
        if (viommu.Iommu != device.Iommu) return Errno.EINVAL;
        return (call.Flags & ~NestedFlags) != 0 || call.Data.IsEmpty ? Errno.EOPNOTSUPP : Errno.None;
    }

    /// <summary>hw_pagetable.c, iommufd_hwpt_nested_alloc: straight on a nest parent.</summary>
    public static Errno HwptNested(HwptAlloc call, IPagingDomain parent, bool auto, PhysicalDevice device)
    {
        if ((call.Flags & ~NestedFlags) != 0 || call.Data.IsEmpty || !device.Iommu.SupportsNested) return Errno.EOPNOTSUPP;
        return auto || !parent.IsNestParent || parent.Iommu.Kind != device.Iommu.Kind ? Errno.EINVAL : Errno.None;
    }

    /// <summary>ioas.c, iommufd_ioas_map and iommufd_ioas_map_file, what comes before the IOAS is looked up.</summary>
    public static Errno Map(IoasMapFlags flags, ulong iova, ulong lengthBytes)
    {
        if ((flags & ~(IoasMapFlags.FixedIova | MapRights)) != 0) return Errno.EOPNOTSUPP;
        if (iova == ulong.MaxValue || lengthBytes == ulong.MaxValue) return Errno.EOVERFLOW;
        return (flags & MapRights) == 0 ? Errno.EINVAL : Errno.None;
    }

    /// <summary>ioas.c, iommufd_ioas_copy, what comes before the source is looked up.</summary>
    public static Errno Copy(IoasCopy call) => Map(call.Flags,
        call.SourceIova == ulong.MaxValue ? ulong.MaxValue : call.DestinationIova, call.LengthBytes);

    /// <summary>selftest.c, iommufd_test_add_reserved, what comes before the IOAS is looked up.</summary>
    public static Errno Reserve(IoasReserve call) => call.LengthBytes == 0 ? Errno.EINVAL
        : call.Start + (call.LengthBytes - 1) < call.Start ? Errno.EOVERFLOW : Errno.None;

    /// <summary>ioas.c, iommufd_ioas_noiommu_get_pa, what comes before the IOAS is looked up.</summary>
    public static Errno NoiommuGetPa(IoasNoiommuGetPa call, UserProcess process)
    {
        if (!process.Has(ProcessCapabilities.SysRawio)) return Errno.EPERM;
        if (call.Flags != 0) return Errno.EOPNOTSUPP;
        if (call.LengthBytes == 0) return Errno.EINVAL;
        return call.Iova == ulong.MaxValue ? Errno.EOVERFLOW : Errno.None;
    }

    /// <summary>ioas.c, iommufd_option_rlimit_mode, what needs no look at the objects.</summary>
    public static Errno RlimitMode(Option option, UserProcess process)
    {
        if (option.Object != ObjectId.None || option.Op is not (OptionOp.Get or OptionOp.Set)) return Errno.EOPNOTSUPP;
        return option.Op == OptionOp.Set && !process.Has(ProcessCapabilities.SysResource) ? Errno.EPERM : Errno.None;
    }

    /// <summary>ioas.c, iommufd_option_rlimit_mode: it is set before there is any object, or a tombstone.</summary>
    public static Errno RlimitMode(Option option, int idsTaken) => option.Op == OptionOp.Get ? Errno.None
        : idsTaken > 0 ? Errno.EBUSY
        : option.Value > 1 ? Errno.EINVAL : Errno.None;

    /// <summary>ioas.c, iommufd_ioas_option_huge_pages, what needs no look at the areas.</summary>
    public static Errno HugePages(Option option) => option.Op is not (OptionOp.Get or OptionOp.Set) ? Errno.EOPNOTSUPP
        : option is { Op: OptionOp.Set, Value: > 1 } ? Errno.EINVAL : Errno.None;

    /// <summary>device.c, iommufd_access_pin_pages and iommufd_access_rw, what comes before the areas are looked at.</summary>
    /// <param name="iova">First byte.</param>
    /// <param name="lengthBytes">Length.</param>
    /// <param name="allowed">Whether it is an access for that: one that does not pin does not pin.</param>
    /// <param name="attached">Whether it is on an IOAS.</param>
    public static Errno Access(ulong iova, ulong lengthBytes, bool allowed, bool attached) =>
        !allowed || lengthBytes == 0 ? Errno.EINVAL
        : unchecked(iova + (lengthBytes - 1)) < iova ? Errno.EOVERFLOW
        : attached ? Errno.None : Errno.ENOENT;

    /// <summary>viommu.c, iommufd_viommu_alloc_ioctl: the stage 2 is to be a nest parent.</summary>
    public static Errno ViommuParent(IPagingDomain parent) => parent.IsNestParent ? Errno.None : Errno.EINVAL;

    /// <summary>viommu.c, iommufd_vdevice_alloc_ioctl: a guest's device is behind the IOMMU that the guest has a part of.</summary>
    public static Errno Vdevice(IViommuDriver viommu, PhysicalDevice device, bool hasVdevice) =>
        viommu.Iommu != device.Iommu ? Errno.EINVAL : hasVdevice ? Errno.EEXIST : Errno.None;

    /// <summary>viommu.c, iommufd_viommu_alloc_ioctl, what comes before any object is looked up.</summary>
    public static Errno Viommu(ViommuAlloc call) =>
        call.Flags != 0 || call.Type == ViommuType.Default ? Errno.EOPNOTSUPP : Errno.None;

    /// <summary>eventq.c, iommufd_fault_alloc.</summary>
    public static Errno FaultQueue(FaultQueueAlloc call) => call.Flags != 0 ? Errno.EOPNOTSUPP : Errno.None;

    /// <summary>eventq.c, iommufd_veventq_alloc, what comes before the vIOMMU is looked up.</summary>
    public static Errno Veventq(VeventqAlloc call) =>
        call.Flags != 0 || call.Type == VeventqType.Default ? Errno.EOPNOTSUPP
        : call.Depth is 0 or > VeventqDepthMax ? Errno.EINVAL : Errno.None;

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
