using Iommu.Hardware;
using Iommu.Hardware.Smmuv3;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>
/// DMA of a captured guest: its recorded accesses in their order, over and over. Its tables do not change, so that each must end
/// every time as it did, whatever is invalidated meanwhile.
/// </summary>
internal sealed class CaptureDma(CaptureGuest guest, IReadOnlyList<Smmuv3Port> ports, Findings findings, int start) : DmaEngine
{
    private readonly CaptureAccess[] _accesses = [.. guest.Accesses];
    private int _next = start % guest.Accesses.Count;
    private int _current;

    protected override IDmaPort Choose(out ulong iova, out Access access)
    {
        _current = _next;
        _next = _next + 1 == _accesses.Length ? 0 : _next + 1;
        ref var chosen = ref _accesses[_current];
        (iova, access) = (chosen.Iova, chosen.Access);
        return ports[chosen.Device];
    }

    protected override void Judge(DmaOutcome outcome)
    {
        ref var expected = ref _accesses[_current];
        var result = ports[expected.Device].Result;
        if (expected.Matches(result)) return;
        findings.Report("I8",
            $"{guest.Name}, row {expected.Row}: {expected.Access} at 0x{expected.Iova:x} "
            + $"of stream 0x{guest.Devices[expected.Device].StreamId:x} did not end as recorded",
            $"recorded: {Text(expected.Kind)} 0x{expected.Physical:x} {expected.Granted} {expected.Event}",
            $"found: {result.Kind} 0x{result.Address:x} {result.Granted} {result.Event}");
    }

    private static string Text(TranslationKind? kind) => kind?.ToString() ?? "any failure";
}
