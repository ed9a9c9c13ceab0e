using Iommu.Hardware;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Tests.Hardware.Reference;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>
/// Streams and substreams against the reference, over random entries and tables of descriptors.
/// </summary>
public class SubstreamPropertyTests
{
    private const int AccessesEach = 40;

    private static readonly int Streams = WalkLength.Of(60_000) / AccessesEach;

    [Fact]
    public void Every_transaction_of_a_substream_ends_as_the_reference_says()
    {
        var seen = new Dictionary<string, int>();
        for (var seed = 0; seed < Streams; seed++)
        {
            var scene = new RandomSubstreams(seed);
            for (var i = 0; i < AccessesEach; i++)
            {
                var (substream, write) = (scene.RandomSubstream(), scene.Random.Next(2) == 0);
                var address = scene.Random.Next(3) == 0 ? 0x6000UL : 0x5000UL + (ulong)scene.Random.Next(0x1000);
                var expected = scene.Reference.Translate(RandomSubstreams.Entry, substream, address, write);
                var port = scene.OpenPort(substream);
                var got = port.Translate(address, write ? Access.Write : Access.Read);
                var what = $"seed {seed}, substream {substream}, {(write ? "write" : "read")} at 0x{address:x}";
                Assert.Equal((what, expected), (what, Text(got, port)));
                if (got.Kind == TranslationKind.Fault) Assert.Equal((what, substream), (what, port.LastEvent!.Value.Substream));
                var kind = expected.StartsWith("0x", StringComparison.Ordinal) ? "ok" : expected.Split(' ')[0];
                seen[kind] = seen.GetValueOrDefault(kind) + 1;
            }
        }
        string[] all = ["ok", "bypass", "abort", "C_BAD_STE", "C_BAD_CD", "C_BAD_SUBSTREAMID", "F_STREAM_DISABLED", "F_TRANSLATION"];
        Assert.Empty(all.Except(seen.Keys));
        Assert.True(seen["ok"] > Streams, $"{seen["ok"]} translations succeeded");
    }

    private static string Text(Translation result, Port port)
    {
        switch (result.Kind)
        {
            case TranslationKind.Ok:
                return $"0x{result.Address:x} {result.Granted.HasFlag(Access.Read)} {result.Granted.HasFlag(Access.Write)}";
            case TranslationKind.Bypass: return $"bypass 0x{result.Address:x}";
            case TranslationKind.Abort: return "abort";
        }
        var record = port.LastEvent!.Value;
        if (record.Type is not (EventType.F_TRANSLATION or EventType.F_ACCESS or EventType.F_PERMISSION or EventType.F_ADDR_SIZE))
            return record.Type.ToString();
        var faultClass = record.Class switch { FaultClass.ContextDescriptor => 'C', FaultClass.Table => 'T', _ => 'I' };
        return $"{record.Type} stage {(record.IsStage2 ? 2 : 1)} {faultClass} 0x{record.SecondAddress:x}";
    }
}
