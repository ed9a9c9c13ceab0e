namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>The indices of a ring that hardware fills and software empties: wrap bit above the index, overflow flag in bit 31.</summary>
internal static class RingReader
{
    private const uint OverflowFlag = 1u << 31;

    /// <summary>Where the next record is; null when the ring is empty.</summary>
    public static ulong? Next(ulong ringBase, uint producer, uint consumer, int recordBytes)
    {
        var mask = (2u << (int)(ringBase & 0x1F)) - 1;
        return ((producer ^ consumer) & mask) == 0 ? null
            : Bits.InPlace(ringBase, 51, 5) + (ulong)(consumer & (mask >> 1)) * (uint)recordBytes;
    }

    /// <summary>The consumer index after one record.</summary>
    public static uint Advance(ulong ringBase, uint consumer)
    {
        var mask = (2u << (int)(ringBase & 0x1F)) - 1;
        return (consumer & OverflowFlag) | ((consumer + 1) & mask);
    }

    /// <summary>Whether records were lost that software has not yet acknowledged.</summary>
    public static bool HasOverflown(uint producer, uint consumer) => ((producer ^ consumer) & OverflowFlag) != 0;

    /// <summary>The consumer index that acknowledges an overflow.</summary>
    public static uint Acknowledge(uint producer, uint consumer) => (consumer & ~OverflowFlag) | (producer & OverflowFlag);
}
