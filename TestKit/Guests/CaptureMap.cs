using Iommu.Hardware;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.TestKit.Captures;

namespace Iommu.TestKit.Guests;

/// <summary>Which intermediate addresses of a captured guest were which physical ones on its host.</summary>
internal sealed class CaptureMap
{
    private const ulong AddressMask = 0x0000_FFFF_FFFF_F000;

    private readonly List<CaptureRange> _leaves;

    public CaptureMap(IEnumerable<CaptureRange> leaves) => _leaves = [.. leaves];

    /// <summary>Runs of IPAs with the same rights, ascending.</summary>
    public IEnumerable<CaptureRange> Ranges
    {
        get
        {
            CaptureRange? run = null;
            foreach (var leaf in _leaves)
            {
                if (run is { } open && open.Ipa + open.LengthBytes == leaf.Ipa && open.Access == leaf.Access)
                {
                    run = open with { LengthBytes = open.LengthBytes + leaf.LengthBytes };
                    continue;
                }
                if (run is { } complete) yield return complete;
                run = leaf;
            }
            if (run is { } last) yield return last;
        }
    }

    /// <summary>The IPA behind a captured physical address; null when the guest has none for it.</summary>
    public ulong? ToIpa(ulong physical)
    {
        foreach (var leaf in _leaves)
            if (physical - leaf.Physical < leaf.LengthBytes) return leaf.Ipa + (physical - leaf.Physical);
        return null;
    }

    /// <summary>What the recorded stage 2 of the nested streams maps.</summary>
    public static CaptureMap OfStage2(PhysicalMemory captured, CaptureSnapshot snapshot)
    {
        var registers = snapshot.CreateRegisters();
        var address = CaptureGuest.EntryAddress(captured, registers, snapshot.Streams.First(stream => stream.Config == "nested").StreamId);
        var words = new ulong[8];
        for (var i = 0; i < words.Length; i++) words[i] = captured.Read64(address + (ulong)i * 8);
        if (StreamTableEntry.Decode(words, registers)?.Stage2 is not { } stage2)
            throw new CaptureException(snapshot.Name, null, "the entry of a nested stream has no legal stage 2");
        return new CaptureMap(Leaves(captured, stage2.Geometry, stage2.Root, stage2.Geometry.StartLevel, 0));
    }

    private static IEnumerable<CaptureRange> Leaves(PhysicalMemory memory, TableGeometry geometry, ulong table, int level, ulong ipa)
    {
        for (var i = 0UL; i < 1UL << geometry.IndexBitsOf(level); i++, ipa += 1UL << geometry.ShiftOf(level))
        {
            var descriptor = memory.Read64(table + 8 * i);
            if ((descriptor & 1) == 0) continue;
            if (level == 3 || (descriptor & 2) == 0)
                yield return new CaptureRange(
                    ipa, 1UL << geometry.ShiftOf(level), descriptor & AddressMask, (Access)((descriptor >> 6) & 3));
            else
                foreach (var leaf in Leaves(memory, geometry, descriptor & AddressMask, level + 1, ipa)) yield return leaf;
        }
    }
}

/// <param name="Ipa">First intermediate address.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="Physical">What it was on the captured host, where the range is a single leaf.</param>
/// <param name="Access">The rights of stage 2.</param>
internal readonly record struct CaptureRange(ulong Ipa, ulong LengthBytes, ulong Physical, Access Access);
