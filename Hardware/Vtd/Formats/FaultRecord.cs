using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Formats;

/// <summary>A fault recording register of 16 bytes (FRCD_REG, section 11.4.14).</summary>
public readonly record struct FaultRecord(ulong Word0, ulong Word1)
{
    public const int Bytes = 16;

    private const int RequestBit = 62;

    public bool IsFault => Bit(Word1, 63);

    public FaultReason Reason => (FaultReason)Field(Word1, 39, 32);

    public ushort SourceId => (ushort)Word1;

    /// <summary>Null when the request had none.</summary>
    public uint? Pasid => Bit(Word1, 31) ? (uint)Field(Word1, 59, 40) : null;

    public bool IsRead => Bit(Word1, RequestBit);

    /// <summary>The page that was asked for.</summary>
    public ulong Address => Word0 & ~0xFFFUL;

    public FaultRecord WithSource(ushort sourceId) => this with { Word1 = (Word1 & ~0xFFFFUL) | sourceId };

    internal static FaultRecord Of(FaultReason reason, uint sourceId, uint? pasid, ulong address, Rights needed, bool privileged) => new(
        address & ~0xFFFUL,
        (ushort)sourceId | (privileged ? 1UL << 29 : 0) | (needed.HasFlag(Rights.Execute) ? 1UL << 30 : 0)
        | (pasid is { } value ? (1UL << 31) | Put(value, 40) : 0) | Put((ulong)reason, 32)
        | (needed.HasFlag(Rights.Write) ? 0 : 1UL << RequestBit) | (1UL << 63));

    public override string ToString() =>
        $"{Reason} (0x{(byte)Reason:x}) {(IsRead ? "read" : "write")} sid=0x{SourceId:x} pasid={Pasid?.ToString() ?? "none"} 0x{Address:x}";
}
