using Iommu.Hardware.Smmuv3.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>The words of stream table entries and context descriptors that the driver writes (IHI 0070, 5.2 and 5.4).</summary>
internal static class StreamTableWords
{
    public const ulong ConfigMask = 7UL << 1;
    public const ulong EatsTranslate = 1UL << 28;
    public const ulong EatsMask = 3UL << 28;

    /// <summary>What a guest may set in word 0 of its entry: V, Config, S1Fmt, S1ContextPtr, S1CDMax.</summary>
    public const ulong GuestWord0 = 1 | ConfigMask | (3UL << 4) | ContextPointerMask | (0x1FUL << 59);

    /// <summary>What a guest may set in word 1: S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS.</summary>
    public const ulong GuestWord1 = 3 | (3UL << 2) | (3UL << 4) | (3UL << 6) | (1UL << 27) | EatsMask;

    private const ulong ContextPointerMask = 0x000F_FFFF_FFFF_FFC0;
    private const ulong MergeEvents = 1UL << 19;
    private const ulong StallDisabled = 1UL << 27;

    public static StreamConfig ConfigOf(ulong word0) => (StreamConfig)Field(word0, 3, 1);

    public static ulong[] Stage1(ContextTable contexts, DefaultSubstream without, bool mayStall, bool ats) =>
    [
        StreamTable.Valid | Put((ulong)StreamConfig.Stage1, 1) | Put(contexts.Format, 4) | contexts.Root | Put((uint)contexts.Bits, 59),
        Stage1Control(without, mayStall, ats),
    ];

    /// <summary>Word 1 of such an entry, which can be replaced by itself.</summary>
    public static ulong Stage1Control(DefaultSubstream without, bool mayStall, bool ats) =>
        (ulong)without | (1UL << 2) | (1UL << 4) | (3UL << 6) | (mayStall ? 0 : StallDisabled) | (ats ? EatsTranslate : 0);

    public static ulong[] Stage2(PageTable table, int vmid, int outputBitsEncoded, bool ats) =>
    [
        StreamTable.Valid | Put((ulong)StreamConfig.Stage2, 1),
        (ats ? EatsTranslate : 0) | (1UL << 44),
        (ushort)vmid | Stage2Control(table.Geometry, outputBitsEncoded) | (1UL << 51) | (1UL << 54) | (1UL << 58),
        table.Root,
    ];

    /// <summary>A guest's entry laid over the host's stage 2; its context descriptors are fetched through that.</summary>
    public static ulong[] Nested(ulong[] stage2, ulong guestWord0, ulong guestWord1)
    {
        var words = (ulong[])stage2.Clone();
        words[0] = StreamTable.Valid | Put((ulong)StreamConfig.Nested, 1) | (guestWord0 & ~ConfigMask);
        words[1] |= guestWord1 | MergeEvents;
        return words;
    }

    /// <summary>A context descriptor for TTB0 of 4 KiB granule, TTB1 off, faults recorded, and stalled where the device can wait.</summary>
    public static ulong[] ContextDescriptor(PageTable table, int asid, int outputBitsEncoded, bool stalls) =>
    [
        (uint)(64 - table.Geometry.InputBits) | (1UL << 8) | (1UL << 10) | (3UL << 12) | (1UL << 30) | (1UL << 31)
        | Put((uint)outputBitsEncoded, 32) | (1UL << 41) | (stalls ? 1UL << 44 : 0)
        | (1UL << 45) | (1UL << 46) | (1UL << 47) | Put((ushort)asid, 48),
        table.Root,
        0,
        0x0000_0000_0004_FF44,
    ];

    // S2T0SZ, S2SL0 (2 - start level for 4 KiB), inner and outer write-back, inner shareable, S2TG 4 KiB, S2PS.
    private static ulong Stage2Control(TableGeometry geometry, int outputBitsEncoded) => Put(
        (uint)(64 - geometry.InputBits) | Put((uint)(2 - geometry.StartLevel), 6) | (1UL << 8) | (1UL << 10) | (3UL << 12)
        | Put((uint)outputBitsEncoded, 16), 32);
}
