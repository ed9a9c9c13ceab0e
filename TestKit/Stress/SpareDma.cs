using Iommu.Hardware;
using Iommu.Hardware.Smmuv3;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>
/// DMA of the device that a controller attaches, replaces, detaches and unbinds all the time: it may get through or not, but only
/// to memory of its own VMM (I11).
/// </summary>
internal sealed class SpareDma(string name, Port port, GuestMemory memory, Findings findings, int seed, int stream) : DmaEngine
{
    private static readonly ulong[] Windows =
        [GuestLayout.PageWindow, GuestLayout.RegionWindow, GuestLayout.HotPlugWindow, GuestLayout.RamStart, ControllerMaps.Window];

    private RandomBits _random = new(seed, stream);
    private ulong _iova;

    // It rarely gets through: most of the bus is for those that do.
    public override int TransactionsPerBurst => 32;

    protected override Port Choose(out ulong iova, out Access access)
    {
        var bits = _random.Next();
        access = (bits & 1) == 0 ? Access.Read : Access.Write;
        _iova = iova = Windows[_random.Below(Windows.Length)] + ((bits >> 32) & (ControllerMaps.WindowBytes - 8));
        return port;
    }

    protected override void Judge(Translation result)
    {
        if (!result.Succeeded || (result.Kind == TranslationKind.Ok && memory.Owns(result.Address))) return;
        findings.Report("I11", $"{name}: 0x{_iova:x} led to 0x{result.Address:x} ({result.Kind}), which is not memory of its VMM");
    }
}
