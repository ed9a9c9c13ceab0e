namespace Iommu.TestKit.Guests;

/// <summary>
/// An edit of a guest's tables that is under way: pages taken out, the commands that invalidate them, and, once those are reported
/// handled, the same pages mapped to something else. A vCPU has as many as it keeps calls in flight, each with pages of its own.
/// </summary>
/// <param name="layout">Of the guest.</param>
/// <param name="vcpu">Whose.</param>
/// <param name="firstPage">First of the vCPU's pages that belong to this edit.</param>
/// <param name="pages">How many; a power of two, as many as one edit takes or more.</param>
/// <param name="hasRegion">Whether the vCPU's region is this edit's.</param>
/// <param name="guestIommu">Whose commands it issues; an SMMUv3's when null.</param>
public sealed class GuestEdit(
    GuestLayout layout, int vcpu, int firstPage, int pages, bool hasRegion, GuestIommu? guestIommu = null)
{
    private const int PagesPerRange = 8;
    private const int GranuleLog2 = GuestMemory.PageLog2;

    private readonly GuestIommu _iommu = guestIommu ?? GuestIommu.Smmuv3;
    private readonly int[] _taken = new int[layout.PagesPerEdit];
    private GuestAddressSpace _space = null!;
    private int _count;
    private bool _regionTaken;

    /// <summary>The commands to issue now.</summary>
    public InvalidationArray Commands { get; } = CreateArray(guestIommu ?? GuestIommu.Smmuv3);

    /// <summary>How many of them should be reported handled.</summary>
    public int ExpectedHandled { get; private set; }

    /// <summary>Whether the last one is refused.</summary>
    public bool ExpectsRefusal { get; private set; }

    /// <summary>The device has an ATC and its turn has not come: it follows the TLB, never runs beside it (IHI 0070, 3.9.1).</summary>
    public bool AtcIsNext { get; private set; }

    /// <summary>Takes pages out of the tables (one less where another command joins) and fills <see cref="Commands"/>.</summary>
    /// <param name="space">Which address space.</param>
    /// <param name="kind">How to invalidate.</param>
    /// <param name="choice">Random bits that choose the pages.</param>
    public void Begin(GuestAddressSpace space, EditKind kind, uint choice)
    {
        if (kind == EditKind.Region && !hasRegion) kind = EditKind.Pages;
        _space = space;
        _count = kind is EditKind.Descriptor or EditKind.Region or EditKind.Refused ? _taken.Length - 1 : _taken.Length;
        TakePages(choice, stride: kind == EditKind.Ranges ? 1 : (int)(choice >> 16) | 1);
        Commands.Clear();
        AddPages(kind);
        AddOther(kind);
        ExpectsRefusal = kind == EditKind.Refused;
        ExpectedHandled = Commands.Count - (ExpectsRefusal ? 1 : 0);
        AtcIsNext = space.HasAts && _iommu.InvalidatesAtc;
    }

    /// <summary>Fills <see cref="Commands"/> with what the device's own cache needs, after the TLB has been invalidated.</summary>
    public void BeginAtc()
    {
        AtcIsNext = false;
        ExpectsRefusal = false;
        Commands.Clear();
        const int regionLog2 = GuestPageTable.BlockLog2 - GranuleLog2;
        if (_regionTaken) _iommu.AddAtc(Commands, _space, GuestLayout.RegionIova(vcpu), regionLog2);
        for (var i = 0; i < _count; i++) _iommu.AddAtc(Commands, _space, layout.PageIova(vcpu, _taken[i]), 0);
        ExpectedHandled = Commands.Count;
    }

    /// <summary>Everything was reported handled: the pages are mapped to their next version.</summary>
    public void Finish()
    {
        for (var i = 0; i < _count; i++) _space.RemapPage(vcpu, _taken[i]);
        if (_regionTaken) _space.RemapRegion(vcpu);
        _regionTaken = false;
    }

    private static InvalidationArray CreateArray(GuestIommu iommu) => new(dataType: iommu.InvalidateDataType, entryBytes: iommu.EntryBytes);

    private void TakePages(uint choice, int stride)
    {
        var start = (int)(choice & 0xFFFF) & ~(PagesPerRange - 1);
        for (var i = 0; i < _count; i++)
        {
            // An odd stride comes by each page of a power of two once.
            var page = firstPage + ((start + i * stride) & (pages - 1));
            _taken[i] = page;
            _space.UnmapPage(vcpu, page);
        }
    }

    private void AddPages(EditKind kind)
    {
        switch (kind)
        {
            case EditKind.Asid:
                _iommu.AddSpace(Commands, _space);
                break;
            case EditKind.All:
                _iommu.AddAll(Commands, _space);
                break;
            case EditKind.Ranges:
                for (var i = 0; i < _count; i += PagesPerRange)
                    _iommu.AddPages(Commands, _space, layout.PageIova(vcpu, _taken[i]), PagesPerRange);
                break;
            default:
                for (var i = 0; i < _count; i++)
                    _iommu.AddPage(Commands, _space, layout.PageIova(vcpu, _taken[i]), kind == EditKind.PagesWithLevel);
                break;
        }
    }

    private void AddOther(EditKind kind)
    {
        switch (kind)
        {
            case EditKind.Descriptor:
                _space.WriteDescriptor();
                _iommu.AddDescriptor(Commands, _space);
                break;
            case EditKind.Region:
                var isTable = _space.RegionIsTable(vcpu);
                _space.UnmapRegion(vcpu);
                _regionTaken = true;
                _iommu.AddRegion(Commands, _space, GuestLayout.RegionIova(vcpu), isTable);
                break;
            case EditKind.Refused:
                _iommu.AddRefused(Commands);
                break;
        }
    }
}
