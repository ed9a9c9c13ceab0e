using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>A 16-byte entry of the PRI queue, two little-endian words (IHI 0070, chapter 8): a device asks for a page.</summary>
public readonly record struct PageRequest(ulong Word0, ulong Word1)
{
    public const int Bytes = 16;
    public const int GroupMax = 0x1FF;

    /// <param name="sid">Who asks.</param>
    /// <param name="substream">In which address space; null for the device's own.</param>
    /// <param name="address">Of the page.</param>
    /// <param name="access">What for.</param>
    /// <param name="group">The index of the group, up to <see cref="GroupMax"/>.</param>
    /// <param name="isLast">Whether the group ends here, and is to be answered.</param>
    public static PageRequest Of(uint sid, uint? substream, ulong address, Access access, int group, bool isLast) => new(
        sid | Put(substream ?? 0, 32) | (access.HasFlag(Access.Read) ? 1UL << 60 : 0) | (access.HasFlag(Access.Write) ? 1UL << 61 : 0)
        | (isLast ? 1UL << 62 : 0) | (substream is null ? 0 : 1UL << 63),
        (address & ~0xFFFUL) | ((ulong)group & GroupMax));

    public uint StreamId => (uint)Word0;

    public uint? Substream => Bit(Word0, 63) ? (uint)Field(Word0, 51, 32) : null;

    public bool IsLast => Bit(Word0, 62);

    public Access Access => (Bit(Word0, 60) ? Access.Read : Access.None) | (Bit(Word0, 61) ? Access.Write : Access.None);

    public ulong Address => Word1 & ~0xFFFUL;

    public int Group => (int)(Word1 & GroupMax);
}
