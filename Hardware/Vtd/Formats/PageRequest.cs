using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Formats;

/// <summary>A page request descriptor of 32 bytes in the page request queue (section 7.4.1); its private words are 0.</summary>
public readonly record struct PageRequest(ulong Word0, ulong Word1)
{
    public const int Bytes = 32;

    private const ulong PageRequestType = 1;

    public ushort SourceId => (ushort)Field(Word0, 31, 16);

    public bool HasPasid => Bit(Word0, 8);

    public uint Pasid => (uint)Field(Word0, 51, 32);

    public bool IsExecute => Bit(Word0, 52);

    public bool IsPrivileged => Bit(Word0, 53);

    public bool IsRead => Bit(Word1, 0);

    public bool IsWrite => Bit(Word1, 1);

    /// <summary>LPIG: the group ends here, and gets its response.</summary>
    public bool IsLast => Bit(Word1, 2);

    /// <summary>Page request group index, 9 bits.</summary>
    public uint Group => (uint)Field(Word1, 11, 3);

    public ulong Address => Word1 & ~0xFFFUL;

    internal static PageRequest Of(
        uint sourceId, uint? pasid, ulong address, Rights needed, bool privileged, uint group, bool isLast) => new(
        PageRequestType | Put((ushort)sourceId, 16) | (pasid is { } value ? (1UL << 8) | Put(value, 32) : 0)
        | (needed.HasFlag(Rights.Execute) ? 1UL << 52 : 0) | (privileged ? 1UL << 53 : 0),
        (needed.HasFlag(Rights.Read) ? 1UL : 0) | (needed.HasFlag(Rights.Write) ? 2UL : 0) | (isLast ? 4UL : 0)
        | Put(group & 0x1FF, 3) | (address & ~0xFFFUL));
}
