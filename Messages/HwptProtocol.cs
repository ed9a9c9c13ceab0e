using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>
/// IOMMU_HWPT_ALLOC. On an IOAS it makes a paging HWPT; on a vIOMMU, or with a nest parent, a nested one. The answer's value is the id.
/// </summary>
/// <param name="Device">The device whose IOMMU it is for.</param>
/// <param name="Parent">An IOAS or a vIOMMU (pt_id). EINVAL when it is neither, also when it does not exist.</param>
/// <param name="Flags">EOPNOTSUPP for what the hardware cannot do.</param>
/// <param name="DataType">The layout of <paramref name="Data"/>; EINVAL for none with data, or a layout without.</param>
/// <param name="Data">User data, in the layout of linux/iommufd.h.</param>
public sealed record HwptAlloc(
    ObjectId Device, ObjectId Parent, HwptAllocFlags Flags = HwptAllocFlags.None,
    HwptDataType DataType = HwptDataType.None, ReadOnlyMemory<byte> Data = default) : Call;

/// <summary>
/// IOMMU_HWPT_INVALIDATE on a vIOMMU (or a nested HWPT). The answer's value is entry_num: entries handled, on error too.
/// </summary>
/// <param name="Target">EINVAL when it is another kind of object, ENOENT when there is none.</param>
/// <param name="DataType">The layout of an entry.</param>
/// <param name="EntryLength">Bytes of an entry; EINVAL when 0 or above 4,096 with entries.</param>
/// <param name="EntryNum">Entries, at most 2^19 (EINVAL); 0 asks whether the type is supported.</param>
/// <param name="Entries">The array.</param>
public sealed record HwptInvalidate(
    ObjectId Target, InvalidateDataType DataType, int EntryLength, int EntryNum, ReadOnlyMemory<byte> Entries) : Call;
