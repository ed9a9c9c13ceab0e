using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>
/// IOMMU_HWPT_ALLOC. On an IOAS it makes a paging HWPT; on a vIOMMU, or a nest parent, a nested one. The answer's value is the id.
/// </summary>
/// <param name="Device">The device whose IOMMU it is for.</param>
/// <param name="Parent">An IOAS, a nest parent or a vIOMMU (pt_id). EINVAL when it is none, also when it does not exist.</param>
/// <param name="Flags">EOPNOTSUPP for what the hardware cannot do.</param>
/// <param name="DataType">The layout of <paramref name="Data"/>; EINVAL for none with data, or a layout without.</param>
/// <param name="Data">User data, in the layout of linux/iommufd.h.</param>
/// <param name="FaultQueue">With <see cref="HwptAllocFlags.FaultIdValid"/>, who gets its page faults. ENOENT.</param>
public sealed record HwptAlloc(
    ObjectId Device, ObjectId Parent, HwptAllocFlags Flags = HwptAllocFlags.None,
    HwptDataType DataType = HwptDataType.None, ReadOnlyMemory<byte> Data = default, ObjectId FaultQueue = default) : Call
{
    /// <summary>The data cannot be read: EFAULT, when the driver gets as far as reading it.</summary>
    public bool DataFaults { get; init; }
}

/// <summary>
/// IOMMU_HWPT_INVALIDATE on a vIOMMU or a nested HWPT. The answer's value is entry_num: entries handled, on error too.
/// </summary>
/// <param name="Target">EINVAL when it is another kind of object, ENOENT when there is none.</param>
/// <param name="DataType">The layout of an entry.</param>
/// <param name="EntryLength">Bytes of an entry; EINVAL when 0 or above 4,096 with entries.</param>
/// <param name="EntryNum">Entries, at most 2^19 (EINVAL); 0 asks whether the type is supported.</param>
/// <param name="Entries">The array.</param>
public sealed record HwptInvalidate(
    ObjectId Target, InvalidateDataType DataType, int EntryLength, int EntryNum, ReadOnlyMemory<byte> Entries) : Call;

/// <summary>
/// IOMMU_HWPT_SET_DIRTY_TRACKING on a paging HWPT. EOPNOTSUPP when it was not allocated for it, or for an unknown flag. What was dirty
/// before it is switched on is forgotten.
/// </summary>
public sealed record HwptSetDirtyTracking(ObjectId Hwpt, DirtyTrackingFlags Flags) : Call;

/// <summary>
/// IOMMU_HWPT_GET_DIRTY_BITMAP of a paging HWPT. Answered by <see cref="DirtyBitmapAnswer"/>. EINVAL length or page size 0 or
/// misaligned, EOVERFLOW, EOPNOTSUPP unknown flag, or not allocated for it.
/// </summary>
/// <param name="Hwpt">The HWPT.</param>
/// <param name="Flags">Whether the bits stay set.</param>
/// <param name="Iova">First byte.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="PageSizeBytes">What one bit stands for: a power of two.</param>
public sealed record HwptGetDirtyBitmap(
    ObjectId Hwpt, DirtyBitmapFlags Flags, ulong Iova, ulong LengthBytes, ulong PageSizeBytes) : Call;

/// <summary>
/// The dirty pages of a range, a bit each, lowest address in bit 0 of the first byte; bits beyond the range are 0. It ends at the first
/// hole in the range: what comes after that was not looked at.
/// </summary>
public sealed record DirtyBitmapAnswer(Errno Errno, ReadOnlyMemory<byte> Bitmap) : Answer(Errno);
