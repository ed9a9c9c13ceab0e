using Iommu.Hardware;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>
/// DMA of a synthetic guest's device, all over the pages that its vCPUs remap. What the guest knows about a page before and after a
/// transaction tells whether its outcome was possible: a check of I8 that needs nothing from the hardware.
/// </summary>
internal sealed class SyntheticDma(
    string name, IDmaPort port, GuestDriver driver, GuestAddressSpace space, Findings findings, int seed, int stream) : DmaEngine
{
    private RandomBits _random = new(seed, stream);
    private SlotPhases _phases = space.Pages;
    private int _versions;
    private int _slot;
    private int _vcpu;
    private int _page;
    private ulong _iova;
    private long _before;

    protected override IDmaPort Choose(out ulong iova, out Access access)
    {
        var bits = _random.Next();
        var offset = bits & (GuestMemory.PageBytes - 8);
        access = (bits & 1) == 0 ? Access.Read : Access.Write;
        _vcpu = _random.Below(driver.Layout.Vcpus);
        switch ((int)(bits >> 58))
        {
            case 0:
                (_phases, _slot, _versions) = (driver.HotPlug.Phase, 0, GuestLayout.HotPlugVersions);
                _page = (int)(bits >> 32) & (GuestLayout.HotPlugPages - 1);
                iova = GuestLayout.HotPlugWindow + ((ulong)_page << GuestMemory.PageLog2) + offset;
                break;
            case < 4:
                (_phases, _slot, _versions) = (space.Regions, _vcpu, GuestLayout.RegionVersions);
                iova = GuestLayout.RegionIova(_vcpu) + ((bits >> 32) & (GuestPageTable.BlockBytes - 8));
                break;
            default:
                _page = (int)(bits >> 32) & (driver.Layout.PagesPerVcpu - 1);
                (_phases, _slot, _versions) = (space.Pages, driver.Layout.SlotOf(_vcpu, _page), GuestLayout.PageVersions);
                iova = driver.Layout.PageIova(_vcpu, _page) + offset;
                break;
        }
        _iova = iova;
        _before = _phases.Read(_slot);
        return port;
    }

    protected override void Judge(DmaOutcome outcome)
    {
        var after = _phases.Read(_slot);
        int? residue = outcome.Kind switch
        {
            DmaOutcomeKind.Translated => VersionAt(outcome.Address),
            DmaOutcomeKind.Unmapped => -1,
            _ => null,
        };
        if (residue is { } seen && SlotPhases.Allows(_before, after, seen, _versions)) return;
        Report(outcome, after);
    }

    private int? VersionAt(ulong physical)
    {
        if (_phases == driver.HotPlug.Phase) return driver.HotPlug.VersionAt(_page, physical);
        var ipa = driver.IpaOf(physical);
        return _phases == space.Regions
            ? space.RegionVersionAt(_vcpu, _iova, ipa)
            : space.PageVersionAt(_vcpu, _page, ipa & ~(GuestMemory.PageBytes - 1));
    }

    private void Report(DmaOutcome outcome, long after) => findings.Report("I8",
        $"{name}: 0x{_iova:x} came out as {outcome}, "
        + "which no table has said since the last invalidation",
        $"before the transaction the guest had it {SlotPhases.Describe(_before)}",
        $"after it {SlotPhases.Describe(after)}");
}
