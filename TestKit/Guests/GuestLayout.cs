namespace Iommu.TestKit.Guests;

/// <summary>
/// Where a synthetic guest has what. Each address space has, for each vCPU, some pages that it remaps one by one and a 2 MiB region
/// that it turns from a block into a table and back; and a window on memory that its VMM plugs and unplugs. A page has eight
/// targets and a region four, one for each version, so that a result tells which version it came from.
/// </summary>
/// <param name="Vcpus">vCPUs of the guest.</param>
/// <param name="Spaces">Address spaces: one for each of its devices.</param>
/// <param name="PagesPerEdit">How many a vCPU remaps at once, a power of two from 8 to 64; it has sixteen times as many.</param>
public sealed record GuestLayout(int Vcpus, int Spaces, int PagesPerEdit = InvalidationArray.DefaultCapacity)
{
    public const int PagesPerTable = 512;
    public const int PageVersions = 8;
    public const int RegionVersions = 4;
    public const int HotPlugVersions = 4;
    public const int HotPlugPages = 256;

    // Above what any architecture reserves for interrupts.
    public const ulong RamStart = 0x10_0000_0000;
    public const ulong HotPlugStart = 0x100_0000_0000;
    public const ulong HotPlugBytes = HotPlugPages * GuestMemory.PageBytes;

    public const ulong PageWindow = 0x1_0000_0000;
    public const ulong RegionWindow = 0x2_0000_0000;
    public const ulong HotPlugWindow = 0x3_0000_0000;

    private const ulong TableBytesPerVcpu = 4 * GuestMemory.PageBytes;
    private const ulong TableBytesPerSpace = 16 * GuestMemory.PageBytes;

    public int PagesPerVcpu => 16 * PagesPerEdit;

    public ulong RamBytes => RegionTargets - RamStart + Units * RegionVersions * GuestPageTable.BlockBytes;

    private ulong Units => (ulong)Vcpus * (ulong)Spaces;

    private ulong PageTargets =>
        RamStart + RoundUp((ulong)Spaces * (TableBytesPerSpace + (ulong)Vcpus * TableBytesPerVcpu), GuestPageTable.BlockBytes);

    private ulong RegionTargets => PageTargets + Units * (ulong)PagesPerVcpu * PageVersions * GuestMemory.PageBytes;

    /// <summary>Pages of one vCPU follow those of another.</summary>
    public ulong PageIova(int vcpu, int page) => PageWindow + ((ulong)SlotOf(vcpu, page) << GuestMemory.PageLog2);

    public int SlotOf(int vcpu, int page) => vcpu * PagesPerVcpu + page;

    public static ulong RegionIova(int vcpu) => RegionWindow + (ulong)vcpu * GuestPageTable.BlockBytes;

    /// <summary>The IPA of a page's first version; the others follow, page by page.</summary>
    public ulong PageTarget(int space, int vcpu, int page) =>
        PageTargets + ((Unit(space, vcpu) * (ulong)PagesPerVcpu + (ulong)page) * PageVersions << GuestMemory.PageLog2);

    /// <summary>The IPA of a region's first version; the others follow, 2 MiB by 2 MiB.</summary>
    public ulong RegionTarget(int space, int vcpu) => RegionTargets + (Unit(space, vcpu) * RegionVersions << GuestPageTable.BlockLog2);

    private ulong Unit(int space, int vcpu) => (ulong)space * (ulong)Vcpus + (ulong)vcpu;

    private static ulong RoundUp(ulong value, ulong to) => (value + to - 1) / to * to;
}
