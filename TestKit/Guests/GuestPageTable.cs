using Iommu.Hardware;

namespace Iommu.TestKit.Guests;

/// <summary>
/// A guest's stage-1 table in its own memory: 4 KiB granule, 48 bits, levels 0 to 3, pages and 2 MiB blocks (ARM DDI 0487, D8.3).
/// Several vCPUs may edit it at once, each in 2 MiB regions of its own, once <see cref="Reserve"/> has made the tables above.
/// </summary>
public sealed class GuestPageTable
{
    public const int BlockLog2 = 21;
    public const ulong BlockBytes = 1UL << BlockLog2;

    private const ulong Valid = 1;
    private const ulong TableOrPage = 2;
    private const ulong AddressMask = 0x0000_FFFF_FFFF_F000;

    private readonly GuestMemory _memory;
    private readonly Func<ulong> _allocatePage;

    /// <param name="memory">The guest's.</param>
    /// <param name="allocatePage">Hands out zeroed pages of guest memory for tables.</param>
    public GuestPageTable(GuestMemory memory, Func<ulong> allocatePage)
    {
        (_memory, _allocatePage) = (memory, allocatePage);
        Root = allocatePage();
    }

    /// <summary>IPA of the level-0 table, for CD.TTB0.</summary>
    public ulong Root { get; }

    /// <summary>Makes the tables down to level 2, so that this 2 MiB region's can be stored; returns its IPA.</summary>
    public ulong Reserve(ulong iova)
    {
        var table = Root;
        for (var shift = 39; shift > BlockLog2; shift -= 9) table = Child(table + Offset(iova, shift));
        return table + Offset(iova, BlockLog2);
    }

    /// <summary>The IPA of the last-level entry of a page, whose table is made if need be.</summary>
    public ulong LeafOf(ulong iova) => Child(Reserve(iova)) + Offset(iova, GuestMemory.PageLog2);

    /// <summary>Fills a level-3 table with consecutive pages, before it is linked.</summary>
    public void Fill(ulong table, ulong ipa, Access access)
    {
        for (var i = 0UL; i < 512; i++) _memory.Write64(table + 8 * i, Page(ipa + (i << GuestMemory.PageLog2), access));
    }

    /// <summary>A level-3 entry.</summary>
    public static ulong Page(ulong ipa, Access access) => Block(ipa, access) | TableOrPage;

    /// <summary>A level-2 entry that maps 2 MiB.</summary>
    public static ulong Block(ulong ipa, Access access) => (ipa & AddressMask) | Valid | Attributes(access);

    /// <summary>An entry that points to a table.</summary>
    public static ulong Table(ulong ipa) => ipa | Valid | TableOrPage;

    private ulong Child(ulong slot)
    {
        var descriptor = _memory.Read64(slot);
        if (descriptor == 0) _memory.Write64(slot, descriptor = Table(_allocatePage()));
        return descriptor & AddressMask;
    }

    private static ulong Offset(ulong iova, int shift) => ((iova >> shift) & 0x1FF) << 3;

    // Memory attribute index 1, unprivileged, inner shareable, accessed, not global, never executed; AP[2] takes writing away.
    private static ulong Attributes(Access access) =>
        (1UL << 2) | (1UL << 6) | (3UL << 8) | (1UL << 10) | (1UL << 11) | (3UL << 53) | (access.HasFlag(Access.Write) ? 0 : 1UL << 7);
}
