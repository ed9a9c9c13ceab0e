using Iommu.Hardware;

namespace Iommu.TestKit.Guests;

/// <summary>
/// A guest's first-stage table in its own memory: four levels of 512 entries, pages of 4 KiB and 2 MiB, in the format of its IOMMU.
/// Several vCPUs may edit it at once, each in 2 MiB regions of its own, once <see cref="Reserve"/> has made the tables above.
/// </summary>
public sealed class GuestPageTable
{
    public const int BlockLog2 = 21;
    public const ulong BlockBytes = 1UL << BlockLog2;

    private readonly GuestMemory _memory;
    private readonly Func<ulong> _allocatePage;
    private readonly GuestIommu _iommu;

    /// <param name="memory">The guest's.</param>
    /// <param name="allocatePage">Hands out zeroed pages of guest memory for tables.</param>
    /// <param name="iommu">Whose format it has.</param>
    public GuestPageTable(GuestMemory memory, Func<ulong> allocatePage, GuestIommu iommu)
    {
        (_memory, _allocatePage, _iommu) = (memory, allocatePage, iommu);
        Root = allocatePage();
    }

    /// <summary>IPA of the first table.</summary>
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
        for (var i = 0UL; i < 512; i++) _memory.Write64(table + 8 * i, _iommu.Page(ipa + (i << GuestMemory.PageLog2), access));
    }

    private ulong Child(ulong slot)
    {
        var descriptor = _memory.Read64(slot);
        if (descriptor == 0) _memory.Write64(slot, descriptor = _iommu.Table(_allocatePage()));
        return _iommu.TableOf(descriptor);
    }

    private static ulong Offset(ulong iova, int shift) => ((iova >> shift) & 0x1FF) << 3;
}
