namespace Iommu.Hardware;

/// <summary>Bit fields of 64-bit words, named as the architecture does: high bit first.</summary>
public static class Bits
{
    public static ulong Mask(int count) => count >= 64 ? ulong.MaxValue : (1UL << count) - 1;

    public static ulong Field(ulong word, int high, int low) => (word >> low) & Mask(high - low + 1);

    /// <summary>The field left in place: an address out of a descriptor, for instance.</summary>
    public static ulong InPlace(ulong word, int high, int low) => word & (Mask(high - low + 1) << low);

    public static bool Bit(ulong word, int bit) => ((word >> bit) & 1) != 0;

    public static ulong Put(ulong value, int low) => value << low;
}
