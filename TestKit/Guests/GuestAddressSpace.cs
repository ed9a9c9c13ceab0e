using Iommu.Hardware;

namespace Iommu.TestKit.Guests;

/// <summary>
/// One device's first stage in a synthetic guest: a context descriptor, tables, and the phases of what is mapped. Each vCPU edits
/// the pages and the region that are its own.
/// </summary>
public sealed class GuestAddressSpace
{
    private readonly GuestMemory _memory;
    private readonly GuestLayout _layout;
    private readonly GuestIommu _iommu;
    private readonly GuestPageTable _table;
    private readonly ulong[] _leafTables;
    private readonly ulong[] _regionSlots;
    private readonly ulong[] _regionTables;
    private readonly int _index;

    internal GuestAddressSpace(
        GuestMemory memory, GuestLayout layout, GuestIommu iommu, Func<ulong> allocatePage, int index, uint streamId, bool hasAts)
    {
        (_memory, _layout, _iommu, _index, StreamId, HasAts) = (memory, layout, iommu, index, streamId, hasAts);
        // Guests choose freely, and so alike.
        Asid = (ushort)(index + 1);
        Descriptor = allocatePage();
        Pasid = iommu.PasidOf(index, hasAts);
        _table = new GuestPageTable(memory, allocatePage, iommu);
        var pages = layout.Vcpus * layout.PagesPerVcpu;
        var tables = (pages + GuestLayout.PagesPerTable - 1) / GuestLayout.PagesPerTable;
        _leafTables = [.. Enumerable.Range(0, tables).Select(i => _table.LeafOf(layout.PageIova(0, i * GuestLayout.PagesPerTable)))];
        _regionSlots = [.. Enumerable.Range(0, layout.Vcpus).Select(vcpu => _table.Reserve(GuestLayout.RegionIova(vcpu)))];
        _regionTables = [.. Enumerable.Range(0, layout.Vcpus).Select(_ => allocatePage())];
        Pages = new SlotPhases(pages);
        Regions = new SlotPhases(layout.Vcpus);
        WriteDescriptor();
        MapEverything();
    }

    public ushort Asid { get; }

    /// <summary>What the guest calls the device: its virtual stream id.</summary>
    public uint StreamId { get; }

    /// <summary>Which address space of the device it is; 0 is the device's own.</summary>
    public uint Pasid { get; }

    /// <summary>Guest address of the page that is its descriptor, where its IOMMU reads one.</summary>
    public ulong Descriptor { get; }

    /// <summary>Guest address of its first table.</summary>
    public ulong Root => _table.Root;

    /// <summary>The device may keep translations: an unmap must invalidate those too.</summary>
    public bool HasAts { get; }

    /// <summary>By <see cref="GuestLayout.SlotOf"/>.</summary>
    public SlotPhases Pages { get; }

    /// <summary>Slot vcpu.</summary>
    public SlotPhases Regions { get; }

    /// <summary>The guest's entry for the device: user data of IOMMU_HWPT_ALLOC.</summary>
    public byte[] DeviceEntry() => _iommu.DeviceEntry(this);

    public void UnmapPage(int vcpu, int page)
    {
        Pages.BeginUnmap(_layout.SlotOf(vcpu, page));
        _memory.Write64(Leaf(_layout.SlotOf(vcpu, page)), 0);
    }

    /// <summary>The unmap was invalidated: the next version may be mapped.</summary>
    public void RemapPage(int vcpu, int page)
    {
        Pages.EndUnmap(_layout.SlotOf(vcpu, page));
        MapPage(vcpu, page);
    }

    /// <summary>Whether the region is a table of pages now, so that invalidating it must reach the walk caches.</summary>
    public bool RegionIsTable(int vcpu) => (Regions.VersionOf(vcpu) & 1) != 0;

    public void UnmapRegion(int vcpu)
    {
        Regions.BeginUnmap(vcpu);
        _memory.Write64(_regionSlots[vcpu], 0);
    }

    /// <summary>The unmap was invalidated: nobody may hold the table any more, which is overwritten at once to prove it.</summary>
    public void RemapRegion(int vcpu)
    {
        Regions.EndUnmap(vcpu);
        MapRegion(vcpu);
    }

    /// <summary>Writes the descriptor, as it was: an edit of it that an invalidation has to follow.</summary>
    public void WriteDescriptor() => _iommu.WriteDescriptor(_memory, this);

    /// <summary>Which version of a page an IPA belongs to, modulo <see cref="GuestLayout.PageVersions"/>; null when to none.</summary>
    public int? PageVersionAt(int vcpu, int page, ulong ipa)
    {
        var offset = (ipa - _layout.PageTarget(_index, vcpu, page)) >> GuestMemory.PageLog2;
        return offset < GuestLayout.PageVersions ? (int)offset : null;
    }

    /// <summary>The same of an address in a region.</summary>
    public int? RegionVersionAt(int vcpu, ulong iova, ulong ipa)
    {
        var offset = ipa - (iova - GuestLayout.RegionIova(vcpu)) - _layout.RegionTarget(_index, vcpu);
        var version = offset >> GuestPageTable.BlockLog2;
        return version < GuestLayout.RegionVersions && (offset & (GuestPageTable.BlockBytes - 1)) == 0 ? (int)version : null;
    }

    /// <summary>The address of the guest's that a page leads to when it is mapped.</summary>
    public ulong TargetOf(int vcpu, int page)
    {
        var version = (ulong)Pages.VersionOf(_layout.SlotOf(vcpu, page)) % GuestLayout.PageVersions;
        return _layout.PageTarget(_index, vcpu, page) + (version << GuestMemory.PageLog2);
    }

    private ulong Leaf(int slot) =>
        _leafTables[slot / GuestLayout.PagesPerTable] + ((ulong)(slot % GuestLayout.PagesPerTable) << 3);

    private void MapPage(int vcpu, int page)
    {
        var slot = _layout.SlotOf(vcpu, page);
        var target = TargetOf(vcpu, page);
        Pages.BeginMap(slot);
        _memory.Write64(Leaf(slot), _iommu.Page(target, Access.ReadWrite));
        Pages.EndMap(slot);
    }

    private void MapRegion(int vcpu)
    {
        var version = (ulong)Regions.VersionOf(vcpu);
        var target = _layout.RegionTarget(_index, vcpu) + (version % GuestLayout.RegionVersions << GuestPageTable.BlockLog2);
        var isTable = (version & 1) != 0;
        if (isTable) _table.Fill(_regionTables[vcpu], target, Access.ReadWrite);
        else for (var i = 0UL; i < 512; i++) _memory.Write64(_regionTables[vcpu] + 8 * i, 0);
        Regions.BeginMap(vcpu);
        _memory.Write64(_regionSlots[vcpu],
            isTable ? _iommu.Table(_regionTables[vcpu]) : _iommu.Block(target, Access.ReadWrite));
        Regions.EndMap(vcpu);
    }

    private void MapEverything()
    {
        for (var vcpu = 0; vcpu < _layout.Vcpus; vcpu++)
        {
            for (var page = 0; page < _layout.PagesPerVcpu; page++) MapPage(vcpu, page);
            MapRegion(vcpu);
        }
        for (var page = 0UL; page < GuestLayout.HotPlugPages; page++)
        {
            var offset = page << GuestMemory.PageLog2;
            _memory.Write64(_table.LeafOf(GuestLayout.HotPlugWindow + offset),
                _iommu.Page(GuestLayout.HotPlugStart + offset, Access.ReadWrite));
        }
    }
}
