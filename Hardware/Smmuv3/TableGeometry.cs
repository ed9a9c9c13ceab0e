namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// The shape of a translation table (ARM DDI 0487, D8.2): levels 0 to 3, entries of 8 bytes, tables of one granule but for
/// a concatenated first level of stage 2.
/// </summary>
/// <param name="GranuleLog2">12, 14 or 16.</param>
/// <param name="InputBits">Bits of an address that the table resolves.</param>
/// <param name="StartLevel">The level at which a walk begins.</param>
public readonly record struct TableGeometry(int GranuleLog2, int InputBits, int StartLevel)
{
    public int BitsPerLevel => GranuleLog2 - 3;

    /// <summary>Log2 of the bytes that one entry of a level maps.</summary>
    public int ShiftOf(int level) => GranuleLog2 + (3 - level) * BitsPerLevel;

    /// <summary>Bits of the index into the table at a level; more than <see cref="BitsPerLevel"/> where tables are concatenated.</summary>
    public int IndexBitsOf(int level) => level == StartLevel ? InputBits - ShiftOf(level) : BitsPerLevel;

    /// <summary>Byte offset of the entry for an address within its table.</summary>
    public ulong OffsetOf(ulong address, int level) => ((address >> ShiftOf(level)) & Bits.Mask(IndexBitsOf(level))) << 3;

    /// <summary>Whether a level may hold blocks (48-bit tables): 1 and 2 of 4 KiB, 2 of 16 and 64 KiB.</summary>
    public bool AllowsBlock(int level) => level == 2 || (level == 1 && GranuleLog2 == 12);

    /// <summary>The level at which an unconcatenated walk of so many bits begins.</summary>
    public static int StartLevelOf(int granuleLog2, int inputBits)
    {
        var bitsPerLevel = granuleLog2 - 3;
        return 4 - (inputBits - granuleLog2 + bitsPerLevel - 1) / bitsPerLevel;
    }
}
