using System.Buffers.Binary;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>What the sub-operations of IOMMU_TEST_CMD refuse, and what those do that only touch hardware and memory (selftest.c).</summary>
internal static class SelftestRules
{
    private const ulong DirtyPagesMax = 1UL << 27;
    private const int MemoryLimitMin = 12;
    private const ulong AccessBytesMax = 16 << 20;

    /// <summary>iommufd_test_md_check_pa.</summary>
    public static Errno CheckMap(MockCheckMap call, IPagingDomain domain, IUserMemory memory)
    {
        if (domain is not MockPagingDomain mock) return Errno.EINVAL;
        var page = mock.PageSizes & (0 - mock.PageSizes);
        if (call.Iova % page != 0 || call.LengthBytes % page != 0 || call.UserAddress % page != 0) return Errno.EINVAL;
        if (call.UserAddress + call.LengthBytes < call.UserAddress) return Errno.EINVAL;
        for (var offset = 0UL; offset < call.LengthBytes; offset += page)
        {
            if (memory.Translate(call.UserAddress + offset) is not { } physical) return Errno.EFAULT;
            if (mock.Lookup(call.Iova + offset) != physical) return Errno.EINVAL;
        }
        return Errno.None;
    }

    /// <summary>iommufd_test_md_check_refs.</summary>
    public static Errno CheckRefs(MockCheckRefs call, IUserMemory memory)
    {
        const ulong page = PhysicalMemory.PageBytes;
        if (call.LengthBytes % page != 0 || call.UserAddress % page != 0) return Errno.EINVAL;
        if (call.UserAddress + call.LengthBytes < call.UserAddress) return Errno.EINVAL;
        for (var offset = 0UL; offset < call.LengthBytes; offset += page)
        {
            if (memory.Translate(call.UserAddress + offset) is null) return Errno.EFAULT;
            if (memory.PinsOf(call.UserAddress + offset) != call.Refs) return Errno.EIO;
        }
        return Errno.None;
    }

    /// <summary>iommufd_test_md_check_iotlb.</summary>
    public static Errno CheckIotlb(MockCheckIotlb call, INestedDomain domain) =>
        domain is MockNestedDomain mock && call.Index < MockNestedDomain.TlbWords && mock.Tlb((int)call.Index) == call.Value
            ? Errno.None : Errno.EINVAL;

    /// <summary>iommufd_test_dev_check_cache.</summary>
    public static Errno CheckCache(MockCheckCache call, MockDevice? device) =>
        device is not null && call.Index < MockDevice.CacheWords && device.Cache((int)call.Index) == call.Value
            ? Errno.None : Errno.EINVAL;

    /// <summary>iommufd_test_dirty, what comes before the HWPT is looked up.</summary>
    public static Errno SetDirty(MockSetDirty call)
    {
        if (call.PageSizeBytes == 0 || call.LengthBytes == 0 || call.BitmapAddress == 0) return Errno.EINVAL;
        if (call.Iova % call.PageSizeBytes != 0 || call.LengthBytes % call.PageSizeBytes != 0) return Errno.EINVAL;
        return call.LengthBytes / call.PageSizeBytes > DirtyPagesMax ? Errno.EOVERFLOW : Errno.None;
    }

    /// <summary>iommufd_test_dirty: a bit counts whether or not anything is mapped there.</summary>
    public static Answer SetDirty(MockSetDirty call, IPagingDomain domain, IUserMemory memory)
    {
        if (domain is not MockPagingDomain { Dirty.Tracking: true } mock) return Errno.EINVAL;
        var bits = call.LengthBytes / call.PageSizeBytes;
        var bitmap = new byte[(bits + 7) / 8];
        if (memory.Read(call.BitmapAddress, bitmap) != Errno.None) return Errno.EFAULT;
        var count = 0UL;
        for (var i = 0UL; i < bits; i++)
        {
            if ((bitmap[i / 8] >> (int)(i % 8) & 1) == 0) continue;
            mock.SetDirty(call.Iova + i * call.PageSizeBytes);
            count++;
        }
        return new Answer(Errno.None, count);
    }

    /// <summary>iommufd_test_pasid_check_hwpt.</summary>
    /// <param name="attached">What the PASID is attached to; null for nothing.</param>
    /// <param name="expected">What it should be attached to; null for nothing.</param>
    public static Errno CheckPasid(IDomain? attached, IDomain? expected) =>
        ReferenceEquals(attached, expected) ? Errno.None : Errno.EINVAL;

    /// <summary>iommufd_test_dmabuf_revoke.</summary>
    /// <param name="file">What the descriptor names; null for nothing.</param>
    /// <param name="exporter">The mock's; null on a machine without it.</param>
    public static Errno DmabufRevoke(IOpenFile? file, MockExporter? exporter) => file is null ? Errno.EBADF
        : file is not DmaBuf buffer ? Errno.EINVAL
        : exporter?.Exports(buffer) == true ? Errno.None : Errno.EOPNOTSUPP;

    /// <summary>
    /// iommufd_test_syz_conv_iova: an IOVA for a fuzzer. The low half numbers an area, the high half is an offset in it; 0 where there is
    /// no such area.
    /// </summary>
    public static ulong InArea(ulong iova, IReadOnlyList<IoArea> areas) =>
        (uint)iova < areas.Count ? areas[(int)iova].Iova + (iova >> 32) : 0;

    /// <summary>iommufd_test, SET_TEMP_MEMORY_LIMIT: one page with its length must fit a batch.</summary>
    public static Errno MemoryLimit(MockMemoryLimit call) => call.LimitBytes < MemoryLimitMin ? Errno.EINVAL : Errno.None;

    /// <summary>iommufd_test_create_access, what comes before anything is made.</summary>
    public static Errno AccessCreate(MockAccessCreate call) =>
        (call.Flags & ~MockAccessCreateFlags.NeedsPinPages) != 0 ? Errno.EOPNOTSUPP : Errno.None;

    /// <summary>iommufd_test_access_pages, what comes before the file is looked up.</summary>
    public static Errno AccessPages(MockAccessPages call) =>
        call.LengthBytes > AccessBytesMax ? Errno.ENOMEM
        : (call.Flags & ~(MockAccessFlags.Write | MockAccessFlags.Syz)) != 0 ? Errno.EOPNOTSUPP : Errno.None;

    /// <summary>iommufd_test_access_rw, what comes before the file is looked up.</summary>
    public static Errno AccessRw(MockAccessRw call) =>
        call.LengthBytes > AccessBytesMax ? Errno.ENOMEM
        : (call.Flags & ~(MockAccessFlags.Write | MockAccessFlags.SlowPath | MockAccessFlags.Syz)) != 0 ? Errno.EOPNOTSUPP : Errno.None;

    /// <summary>iommufd_test_check_pages: whether the process has those very pages at an address. EFAULT, EBADE.</summary>
    public static Errno SamePages(ulong userAddress, IReadOnlyList<ulong> pages, IUserMemory memory)
    {
        for (var i = 0; i < pages.Count; i++)
        {
            if (memory.Translate(userAddress + (ulong)i * PhysicalMemory.PageBytes) is not { } physical) return Errno.EFAULT;
            if (physical / PhysicalMemory.PageBytes != pages[i] / PhysicalMemory.PageBytes) return Errno.EBADE;
        }
        return Errno.None;
    }

    /// <summary>iommufd_test_trigger_iopf: a request that is a group by itself.</summary>
    public static PageFault FaultOf(MockTriggerIopf call) => new(
        PageFaultFlags.LastPage | (call.Pasid == 0 ? PageFaultFlags.None : PageFaultFlags.PasidValid),
        call.Pasid, call.Group, (PageFaultPermissions)call.Permissions, call.Address);

    /// <summary>struct iommu_viommu_event_selftest: virt_id, whose upper half is lost.</summary>
    public static byte[] EventOf(MockDevice.Guest guest)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)guest.VirtualId);
        return bytes;
    }
}
