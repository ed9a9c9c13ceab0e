using Iommu.Hardware;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>
/// DMA of the device that a controller attaches, replaces, detaches and unbinds all the time: it may get through or not, but only
/// to memory of its own VMM (I11).
/// </summary>
internal sealed class SpareDma(string name, IDmaPort port, GuestMemory memory, Findings findings, int seed, int stream) : DmaEngine
{
    private static readonly ulong[] Windows =
        [GuestLayout.PageWindow, GuestLayout.RegionWindow, GuestLayout.HotPlugWindow, GuestLayout.RamStart, ControllerMaps.Window];

    private RandomBits _random = new(seed, stream);
    private ulong _iova;

    // It rarely gets through: most of the bus is for those that do.
    public override int TransactionsPerBurst => 32;

    protected override IDmaPort Choose(out ulong iova, out Access access)
    {
        var bits = _random.Next();
        access = (bits & 1) == 0 ? Access.Read : Access.Write;
        _iova = iova = Windows[_random.Below(Windows.Length)] + ((bits >> 32) & (ControllerMaps.WindowBytes - 8));
        return port;
    }

    protected override void Judge(DmaOutcome outcome)
    {
        if (!outcome.Succeeded || (outcome.Kind == DmaOutcomeKind.Translated && memory.Owns(outcome.Address))) return;
        findings.Report("I11", $"{name}: 0x{_iova:x} came out as {outcome}, which is not memory of its VMM");
    }
}
