namespace Iommu.TestKit.Guests;

/// <summary>
/// A synthetic guest's half of its IOMMU: memory with tables that it wrote itself, one address space for each of its devices.
/// </summary>
public sealed class GuestDriver
{
    private readonly GuestMemory _memory;
    private ulong _nextTable = GuestLayout.RamStart;

    /// <param name="memory">Still without segments.</param>
    /// <param name="layout">Where it has what.</param>
    /// <param name="hasAts">For each device, whether it has an ATC.</param>
    /// <param name="iommu">What it drives; an SMMUv3 when null.</param>
    public GuestDriver(GuestMemory memory, GuestLayout layout, IReadOnlyList<bool> hasAts, GuestIommu? iommu = null)
    {
        Iommu = iommu ?? GuestIommu.Smmuv3;
        _memory = memory;
        Layout = layout;
        Ram = memory.Add(GuestLayout.RamStart, layout.RamBytes);
        HotPlug = new HotPlugMemory(memory);
        Spaces = [.. hasAts.Select((ats, i) => new GuestAddressSpace(memory, layout, Iommu, AllocatePage, i, StreamIdOf(i), ats))];
    }

    public GuestMemory Memory => _memory;

    public GuestIommu Iommu { get; }

    public GuestLayout Layout { get; }

    public GuestSegment Ram { get; }

    public HotPlugMemory HotPlug { get; }

    public IReadOnlyList<GuestAddressSpace> Spaces { get; }

    /// <summary>The IPA behind a physical address of the guest's RAM, which is one run; an address outside comes out outside.</summary>
    public ulong IpaOf(ulong physical) => physical - Ram.Frames[0] + Ram.Start;

    /// <summary>Virtual stream ids are the guest's own, and so the same in every guest.</summary>
    private static uint StreamIdOf(int device) => (uint)(device + 1) << 3;

    private ulong AllocatePage()
    {
        var page = _nextTable;
        _nextTable += GuestMemory.PageBytes;
        return page;
    }
}
