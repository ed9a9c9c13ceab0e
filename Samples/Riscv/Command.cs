using System.Numerics;
using static Iommu.Hardware.Bits;

namespace RiscvIommu;

/// <summary>
/// One 16-byte command of the command queue (RISC-V IOMMU Architecture Specification, chapter 4.1 "Command-Queue"): opcode in bits 6:0,
/// function in bits 9:7.
/// </summary>
public readonly record struct Command(ulong Word0, ulong Word1)
{
    public const int Bytes = 16;

    /// <summary>PR and PW of a fence: it waits for the reads and writes of devices before it.</summary>
    private const ulong AfterTransactions = 3UL << 12;
    private const ulong AddressValid = 1UL << 10;
    private const ulong PscidValid = 1UL << 32;
    private const ulong GscidValid = 1UL << 33;
    private const ulong NonLeaf = 1UL << 34;
    private const ulong Napot = 1UL << 9;

    public Opcode Opcode => (Opcode)(Word0 & 0x3FF);

    /// <summary>AV: only what has to do with an address, or for a fence: where to write.</summary>
    public bool HasAddress => (Word0 & AddressValid) != 0;

    /// <summary>PSCV: only of one address space.</summary>
    public bool HasPscid => (Word0 & PscidValid) != 0;

    public int Pscid => (int)Field(Word0, 31, 12);

    /// <summary>GV: only of one guest; without it a first-stage invalidation is one of the host's own address spaces.</summary>
    public bool HasGscid => (Word0 & GscidValid) != 0;

    public int Gscid => (int)Field(Word0, 59, 44);

    /// <summary>NL: an invalidation of addresses reaches the tables above the leaves too.</summary>
    public bool ReachesTables => (Word0 & NonLeaf) != 0;

    /// <summary>DV of a directory invalidation shares its bit with GV: only of one device.</summary>
    public bool HasDevice => HasGscid;

    public uint DeviceId => (uint)Field(Word0, 63, 40);

    public bool WaitsForTransactions => (Word0 & AfterTransactions) != 0;

    public uint FenceData => (uint)(Word0 >> 32);

    public ulong FenceAddress => Word1 << 2;

    /// <summary>First and last byte of an invalidation with an address; with S the lowest clear bit of the page gives the size.</summary>
    public (ulong First, ulong Last) Range
    {
        get
        {
            var page = Field(Word1, 61, 10);
            var log2 = 12 + ((Word1 & Napot) != 0 ? BitOperations.TrailingZeroCount(~page) + 1 : 0);
            var first = (page << 12) & ~Mask(log2);
            return (first, first | Mask(log2));
        }
    }

    public static Command Vma() => new((ulong)Opcode.IotinvalVma, 0);

    public static Command Gvma() => new((ulong)Opcode.IotinvalGvma, 0);

    public static Command InvalidateDevice(uint deviceId) =>
        new((ulong)Opcode.IodirInvalDdt | GscidValid | Put(deviceId, 40), 0);

    public static Command InvalidateAllDevices() => new((ulong)Opcode.IodirInvalDdt, 0);

    public static Command Fence() => new((ulong)Opcode.Iofence | AfterTransactions, 0);

    public Command OfPscid(int pscid) => this with { Word0 = Word0 | PscidValid | Put((ulong)pscid, 12) };

    public Command OfGscid(int gscid) => this with { Word0 = (Word0 & ~Put(0xFFFF, 44)) | GscidValid | Put((ulong)gscid, 44) };

    /// <summary>The naturally aligned power of two of pages that spans a range.</summary>
    public Command OfRange(ulong first, ulong last, bool tables)
    {
        var log2 = Math.Max(12, 64 - BitOperations.LeadingZeroCount(first ^ last));
        // A 52-bit page number has no room for the whole of 64 bits.
        if (log2 >= 64) return this;
        var page = (first >> 12) & ~Mask(log2 - 12);
        if (log2 > 12) page |= Mask(log2 - 13);
        return new(Word0 | AddressValid | (tables ? NonLeaf : 0), Put(page, 10) | (log2 > 12 ? Napot : 0));
    }

    public override string ToString() => $"{Opcode} {Word0:x16} {Word1:x16}";
}

/// <summary>Opcode and function together, as they stand in bits 9:0.</summary>
public enum Opcode : ushort
{
    /// <summary>First stages (IOTINVAL.VMA).</summary>
    IotinvalVma = 1,
    /// <summary>Second stages (IOTINVAL.GVMA).</summary>
    IotinvalGvma = 1 | (1 << 7),
    /// <summary>Waits for what came before (IOFENCE.C).</summary>
    Iofence = 2,
    /// <summary>Device contexts (IODIR.INVAL_DDT).</summary>
    IodirInvalDdt = 3,
}
