using System.Buffers.Binary;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_page_response of linux/iommufd.h: the answer to a group of page faults, as it is written to the file.</summary>
/// <param name="Cookie">The cookie that the group was read with.</param>
/// <param name="Code">How it is answered.</param>
public readonly record struct HwptPageResponse(uint Cookie, PageResponseCode Code)
{
    public const int SizeBytes = 8;

    /// <param name="destination"><see cref="SizeBytes"/> of it, little endian.</param>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Cookie);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], (uint)Code);
    }

    /// <param name="source"><see cref="SizeBytes"/> or more.</param>
    public static HwptPageResponse Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(source), (PageResponseCode)BinaryPrimitives.ReadUInt32LittleEndian(source[4..]));
}
