using System.Buffers.Binary;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommufd_vevent_header of linux/iommufd.h: what stands before the data of each event, or alone for lost ones.</summary>
/// <param name="Flags">Whether events were lost, up to this number; no data follows then.</param>
/// <param name="Sequence">The number of the event: from 0 to <see cref="SequenceMax"/>, and 0 again.</param>
public readonly record struct VeventHeader(VeventFlags Flags, uint Sequence)
{
    public const int SizeBytes = 8;

    /// <summary>INT_MAX.</summary>
    public const uint SequenceMax = int.MaxValue;

    /// <param name="destination"><see cref="SizeBytes"/> of it, little endian.</param>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Sequence);
    }

    /// <param name="source"><see cref="SizeBytes"/> or more.</param>
    public static VeventHeader Read(ReadOnlySpan<byte> source) => new(
        (VeventFlags)BinaryPrimitives.ReadUInt32LittleEndian(source), BinaryPrimitives.ReadUInt32LittleEndian(source[4..]));
}
