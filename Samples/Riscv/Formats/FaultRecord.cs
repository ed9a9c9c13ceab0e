using System.Buffers.Binary;
using Iommu.Hardware;
using static Iommu.Hardware.Bits;

namespace RiscvIommu.Formats;

/// <summary>A 32-byte record of the fault queue: header, reserved, iotval (the IOVA), iotval2 (where the second stage was).</summary>
public readonly record struct FaultRecord(ulong Header, ulong Iova, ulong GuestAddress)
{
    public const int Bytes = 32;

    public FaultCause Cause => (FaultCause)Field(Header, 11, 0);

    public uint DeviceId => (uint)Field(Header, 63, 40);

    /// <summary>Whether it is the second stage that failed: its owner's business and not the guest's.</summary>
    public bool IsGuestPage => Cause is FaultCause.ReadGuestPage or FaultCause.WriteGuestPage;

    /// <summary>TTYP: an untranslated read is 2, an untranslated write or atomic 3.</summary>
    public static FaultRecord Of(FaultCause cause, uint deviceId, Access access, ulong iova, ulong guestAddress) => new(
        (ulong)cause | Put(access.HasFlag(Access.Write) ? 3UL : 2, 34) | Put(deviceId, 40), iova, guestAddress);

    /// <summary>The same as the guest would have it, who knows its device by another id.</summary>
    public FaultRecord ForDevice(uint deviceId) => this with { Header = (Header & Mask(40)) | Put(deviceId, 40) };

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Header);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Iova);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), GuestAddress);
        return bytes;
    }
}
