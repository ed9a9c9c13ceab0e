using System.Buffers.Binary;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>A 32-byte record of the event queue, four little-endian words (IHI 0070, 7.3).</summary>
public readonly record struct EventRecord(ulong Word0, ulong Word1, ulong Word2, ulong Word3)
{
    public const int Bytes = 32;

    /// <summary>Bit of word 1 that says that stage 2 faulted.</summary>
    public const ulong Stage2Bit = 1UL << 39;

    private const ulong ReadBit = 1UL << 35;
    private const ulong StallBit = 1UL << 31;
    private const ulong PrivilegedBit = 1UL << 33;
    private const ulong SubstreamBit = 1UL << 11;

    public EventType Type => (EventType)(byte)Word0;

    public uint StreamId => (uint)(Word0 >> 32);

    /// <summary>Null for a transaction without one (SSV = 0).</summary>
    public uint? Substream => (Word0 & SubstreamBit) != 0 ? (uint)Field(Word0, 31, 12) : null;

    /// <summary>The transaction waits for a RESUME with <see cref="StallTag"/>.</summary>
    public bool IsStall => (Word1 & StallBit) != 0;

    public ushort StallTag => (ushort)Word1;

    public bool IsPrivileged => (Word1 & PrivilegedBit) != 0;

    public bool IsRead => (Word1 & ReadBit) != 0;

    public bool IsStage2 => (Word1 & Stage2Bit) != 0;

    public FaultClass Class => (FaultClass)Field(Word1, 41, 40);

    public ulong InputAddress => Word2;

    /// <summary>The intermediate address of a stage-2 fault, the fetched address of an external abort.</summary>
    public ulong SecondAddress => Word3;

    public static EventRecord Configuration(EventType type, uint sid, ulong fetchAddress = 0) =>
        new((ulong)type | Put(sid, 32), 0, 0, fetchAddress);

    public static EventRecord Translation(
        EventType type, uint sid, FaultClass faultClass, bool isStage2, bool isRead, ulong input, ulong second) =>
        new((ulong)type | Put(sid, 32), Put((ulong)faultClass, 40) | (isStage2 ? Stage2Bit : 0) | (isRead ? ReadBit : 0), input, second);

    public EventRecord Of(uint? substream) =>
        substream is { } ssid ? this with { Word0 = Word0 | SubstreamBit | Put(ssid, 12) } : this;

    public EventRecord Stalled(ushort tag) => this with { Word1 = Word1 | StallBit | tag };

    public static EventRecord Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Word0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Word1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Word2);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Word3);
    }

    public override string ToString() => $"{Type} sid=0x{StreamId:x} {Word0:x16} {Word1:x16} {Word2:x16} {Word3:x16}";
}
