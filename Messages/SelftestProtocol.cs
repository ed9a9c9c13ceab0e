namespace Iommu.Messages;

/// <summary>
/// A sub-operation of IOMMU_TEST_CMD (iommufd_test.h, selftest.c): what the kernel's own suite reaches the mock device, and what is
/// behind an iommufd, by. A file is a descriptor of the calling process.
/// </summary>
public abstract record SelftestCall : Call;

/// <summary>
/// MOCK_DOMAIN, MOCK_DOMAIN_FLAGS: plugs a mock device in, binds it and attaches it, as one object that owns all of it: destroying that
/// detaches, unbinds and unplugs. Answered by <see cref="MockDomainAnswer"/>. EOPNOTSUPP a machine without the mock, EINVAL unknown flag,
/// ENOMEM; those of <see cref="DeviceBind"/> and of an attach, and then nothing is left.
/// </summary>
/// <param name="PageTable">What to attach it to: an IOAS or an HWPT.</param>
/// <param name="DeviceFlags">MOCK_FLAGS_DEVICE_*.</param>
public sealed record MockDomain(ObjectId PageTable, uint DeviceFlags = 0) : SelftestCall;

/// <summary>The object that owns the mock device, the device as bound, and the HWPT that it is attached to.</summary>
public sealed record MockDomainAnswer(Errno Errno, ObjectId Selftest, ObjectId Hwpt, ObjectId Device) : Answer(Errno, Selftest.Value);

/// <summary>MOCK_DOMAIN_REPLACE. The answer's value is the id of the HWPT. ENOENT no such object; those of a replace.</summary>
public sealed record MockDomainReplace(ObjectId Selftest, ObjectId PageTable) : SelftestCall;

/// <summary>PASID_ATTACH. The answer's value is the id of the HWPT. ENOENT no such object; those of an attach.</summary>
public sealed record MockPasidAttach(ObjectId Selftest, uint Pasid, ObjectId PageTable) : SelftestCall;

/// <summary>PASID_REPLACE. As <see cref="MockPasidAttach"/>, of a replace.</summary>
public sealed record MockPasidReplace(ObjectId Selftest, uint Pasid, ObjectId PageTable) : SelftestCall;

/// <summary>PASID_DETACH. Success also when nothing is attached. ENOENT no such object.</summary>
public sealed record MockPasidDetach(ObjectId Selftest, uint Pasid) : SelftestCall;

/// <summary>
/// PASID_CHECK_HWPT: whether a PASID is attached to that HWPT; to nothing, with <see cref="ObjectId.None"/>. EINVAL it is not, or another
/// type of object; ENOENT no such object.
/// </summary>
public sealed record MockPasidCheck(ObjectId Selftest, uint Pasid, ObjectId Hwpt) : SelftestCall;

/// <summary>
/// TRIGGER_IOPF: the device reports a page fault, alone in its group. Success also when nobody handles it. ENOENT no such device, EINVAL
/// not a mock device.
/// </summary>
/// <param name="Device">The bound device.</param>
/// <param name="Pasid">Its address space; 0 is its own.</param>
/// <param name="Group">What the device calls the group.</param>
/// <param name="Permissions">IOMMU_FAULT_PERM_*: what it wanted.</param>
/// <param name="Address">The address.</param>
public sealed record MockTriggerIopf(ObjectId Device, uint Pasid, uint Group, uint Permissions, ulong Address) : SelftestCall;

/// <summary>
/// TRIGGER_VEVENT: an event of the device in its vIOMMU. ENOENT no such device, not attached through a vIOMMU, or virtual id 0; EINVAL
/// not a mock device; EOPNOTSUPP without an event queue, ENOMEM.
/// </summary>
public sealed record MockTriggerVevent(ObjectId Device) : SelftestCall;

/// <summary>
/// MD_CHECK_MAP: whether every page of a range is mapped to the memory of the calling process. EINVAL it is not, misaligned, or no domain
/// of the mock; EFAULT no such memory; ENOENT no such HWPT.
/// </summary>
public sealed record MockCheckMap(ObjectId Hwpt, ulong Iova, ulong LengthBytes, ulong UserAddress) : SelftestCall;

/// <summary>
/// MD_CHECK_REFS: whether every page of the calling process's memory is pinned so often. EIO it is not, EINVAL misaligned, EFAULT no
/// such memory.
/// </summary>
public sealed record MockCheckRefs(ulong UserAddress, ulong LengthBytes, uint Refs) : SelftestCall;

/// <summary>MD_CHECK_IOTLB: whether a word of a nested domain's TLB has this value. EINVAL it has not, or is none; ENOENT.</summary>
public sealed record MockCheckIotlb(ObjectId Hwpt, uint Index, uint Value) : SelftestCall;

/// <summary>DEV_CHECK_CACHE: whether a word of the device's cache has this value. EINVAL it has not, or is none; ENOENT.</summary>
public sealed record MockCheckCache(ObjectId Device, uint Index, uint Value) : SelftestCall;

/// <summary>
/// DIRTY: sets dirty bits as a device's writes would. The answer's value is the number of bits that were asked for. EINVAL length, page
/// size or address 0, misaligned, or no dirty tracking; EOVERFLOW above 2^27 pages; EFAULT; ENOENT no such HWPT.
/// </summary>
/// <param name="Hwpt">A paging HWPT.</param>
/// <param name="Iova">First byte.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="PageSizeBytes">What one bit stands for.</param>
/// <param name="BitmapAddress">Where the bits are in the calling process.</param>
public sealed record MockSetDirty(
    ObjectId Hwpt, ulong Iova, ulong LengthBytes, ulong PageSizeBytes, ulong BitmapAddress) : SelftestCall;

/// <summary>
/// ADD_RESERVED: a range that nothing may be mapped to. EINVAL length 0, EOVERFLOW, ENOENT no such IOAS, EADDRINUSE something is there.
/// </summary>
public sealed record MockAddReserved(ObjectId Ioas, ulong Start, ulong LengthBytes) : SelftestCall;

/// <summary>MOCK_FLAGS_ACCESS_CREATE_*.</summary>
[Flags]
public enum MockAccessCreateFlags : uint
{
    None = 0,
    NeedsPinPages = 1 << 0,
}

/// <summary>MOCK_FLAGS_ACCESS_*, with MOCK_ACCESS_RW_SLOW_PATH.</summary>
[Flags]
public enum MockAccessFlags : uint
{
    None = 0,
    Write = 1 << 0,
    /// <summary>Copies without the process's own mapping: the outcome is the same.</summary>
    SlowPath = 1 << 2,
    /// <summary>The IOVA is the number of an area (low half) and an offset in it.</summary>
    Syz = 1 << 16,
}

/// <summary>
/// CREATE_ACCESS: an open file that owns an access on an IOAS. The answer's value is its descriptor. EOPNOTSUPP unknown flag, ENOMEM,
/// ENOENT no such IOAS, and those of <see cref="AccessAttach"/>.
/// </summary>
public sealed record MockAccessCreate(ObjectId Ioas, MockAccessCreateFlags Flags) : SelftestCall;

/// <summary>ACCESS_REPLACE_IOAS. EBADFD not such a file; those of <see cref="AccessReplace"/>.</summary>
public sealed record MockAccessReplaceIoas(int File, ObjectId Ioas) : SelftestCall;

/// <summary>
/// ACCESS_PAGES: pins a range until it is let go, or unmapped. The answer's value numbers it. ENOMEM above 16 MiB, EOPNOTSUPP unknown
/// flag or an access that does not pin, EBADFD not such a file, EBADE other pages than those at the address; those of
/// <see cref="AccessPin"/>.
/// </summary>
/// <param name="File">The access.</param>
/// <param name="Iova">First byte.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="UserAddress">Where the calling process has the first byte; 0 checks nothing.</param>
/// <param name="Flags">Whether they are written to.</param>
public sealed record MockAccessPages(
    int File, ulong Iova, ulong LengthBytes, ulong UserAddress, MockAccessFlags Flags) : SelftestCall;

/// <summary>DESTROY_ACCESS_PAGES: lets a range go. ENOENT no range of that number, EBADFD not such a file.</summary>
public sealed record MockAccessPagesDestroy(int File, uint Item) : SelftestCall;

/// <summary>
/// ACCESS_RW: copies between a range and the calling process's memory. ENOMEM above 16 MiB, EOPNOTSUPP unknown flag, EBADFD not such a
/// file, EFAULT; those of <see cref="AccessRead"/> and <see cref="AccessWrite"/>.
/// </summary>
public sealed record MockAccessRw(int File, ulong Iova, ulong LengthBytes, ulong UserAddress, MockAccessFlags Flags) : SelftestCall;

/// <summary>
/// SET_TEMP_MEMORY_LIMIT: how much the kernel may take to carry pages in batches. Nothing here works in batches: a limit that is large
/// enough for one page is accepted, and changes nothing. EINVAL below 12.
/// </summary>
public sealed record MockMemoryLimit(uint LimitBytes) : SelftestCall;

/// <summary>
/// DMABUF_GET: a dma-buf of zeroed memory. The answer's value is its descriptor. EINVAL length 0 or above 2 MiB, ENOMEM, EMFILE.
/// </summary>
/// <param name="LengthBytes">Rounded up to whole pages.</param>
/// <param name="OpenFlags">O_CLOEXEC and the like; kept by whoever has the descriptor.</param>
public sealed record MockDmabufGet(uint LengthBytes, uint OpenFlags = 0) : SelftestCall;

/// <summary>
/// DMABUF_REVOKE: takes the memory from, or gives it back to, whoever maps it. EBADF no such file, EINVAL not a dma-buf, EOPNOTSUPP one
/// of another exporter.
/// </summary>
public sealed record MockDmabufRevoke(int File, bool Revoked) : SelftestCall;
