using System.Numerics;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Formats;

/// <summary>An entry of a host (v1) page table (AMD 48882, 2.2.3).</summary>
public readonly record struct HostPte(ulong Value)
{
    public const ulong Present = 1;
    public const ulong Accessed = 1 << 5;
    public const ulong Dirty = 1 << 6;
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    public const ulong ForceCoherent = 1UL << 60;
    public const ulong Read = 1UL << 61;
    public const ulong Write = 1UL << 62;

    public const int LevelsMax = 6;

    private const int SizeEncoded = 7;

    public bool IsPresent => (Value & Present) != 0;

    /// <summary>0 and 7 end the walk, the first with the page of its level, the second with the size in the address.</summary>
    public int NextLevel => (int)Field(Value, 11, 9);

    public bool IsLeaf => NextLevel is 0 or SizeEncoded;

    public Access Granted => (Access)Field(Value, 62, 61);

    public bool IsDirty => (Value & Dirty) != 0;

    public ulong Table => Value & AddressMask;

    /// <summary>Bits that must be 0 are not: 58:52, and in a pointer to a table 60:59 too.</summary>
    public bool HasReservedBits => Field(Value, IsLeaf ? 58 : 60, 52) != 0;

    /// <summary>Log2 of the page that a leaf maps; 0 where a leaf of this level cannot be so large or so small.</summary>
    public int SizeLog2(int level)
    {
        if (level == LevelsMax) return 0;
        var own = ShiftOf(level);
        if (NextLevel == 0) return own;
        var log2 = BitOperations.TrailingZeroCount(~(Value & AddressMask | 0xFFF)) + 1;
        return log2 >= own && log2 < own + 9 && log2 <= 51 ? log2 : 0;
    }

    /// <summary>Log2 of the bytes that one entry of a level maps by itself; levels count from 1.</summary>
    public static int ShiftOf(int level) => 12 + 9 * (level - 1);

    /// <summary>Bits of an address that a table of so many levels resolves.</summary>
    public static int InputBitsOf(int levels) => Math.Min(64, ShiftOf(levels + 1));

    public static ulong OffsetOf(ulong address, int level) => ((address >> ShiftOf(level)) & 0x1FF) << 3;

    public static ulong Pointer(ulong table, int level) => table | ((ulong)level << 9) | Read | Write | Present;

    /// <summary>A leaf of a level for a page of 2^<paramref name="sizeLog2"/> bytes.</summary>
    public static ulong Leaf(ulong physical, int level, int sizeLog2, Access access)
    {
        var value = (physical & AddressMask & ~Mask(sizeLog2)) | Present | ForceCoherent | Put((ulong)access, 61);
        return sizeLog2 == ShiftOf(level) ? value : value | ((ulong)SizeEncoded << 9) | (Mask(sizeLog2 - 1) & ~0xFFFUL);
    }
}
