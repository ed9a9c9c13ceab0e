using System.Buffers.Binary;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_pgfault of linux/iommufd.h: one page fault, as the file of a fault queue gives it out.</summary>
/// <param name="Flags">Whether <paramref name="Pasid"/> counts, whether its group ends here.</param>
/// <param name="Device">The bound device that it came from.</param>
/// <param name="Pasid">The address space of the device.</param>
/// <param name="Group">What the device calls the group.</param>
/// <param name="Permissions">What it wanted.</param>
/// <param name="Address">Where.</param>
/// <param name="LengthBytes">How much it expects to fetch; 0 when it does not say.</param>
/// <param name="Cookie">What the group is answered by.</param>
public readonly record struct HwptPageFault(
    PageFaultFlags Flags, ObjectId Device, uint Pasid, uint Group, PageFaultPermissions Permissions, ulong Address,
    uint LengthBytes, uint Cookie)
{
    public const int SizeBytes = 40;

    /// <param name="destination"><see cref="SizeBytes"/> of it, little endian.</param>
    public void WriteTo(Span<byte> destination)
    {
        destination = destination[..SizeBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Device.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Pasid);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], Group);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], (uint)Permissions);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[20..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], Address);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[32..], LengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[36..], Cookie);
    }

    /// <param name="source"><see cref="SizeBytes"/> or more.</param>
    public static HwptPageFault Read(ReadOnlySpan<byte> source) => new(
        (PageFaultFlags)BinaryPrimitives.ReadUInt32LittleEndian(source),
        new ObjectId(BinaryPrimitives.ReadUInt32LittleEndian(source[4..])),
        BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[12..]),
        (PageFaultPermissions)BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[32..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[36..]));
}
