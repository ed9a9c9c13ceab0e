using Iommu.Cli.Stress;
using Iommu.TestKit.Stress;

namespace Iommu.Tests.Cli.Stress;

/// <summary>A stress run that does nothing but report given figures, and keeps what it was asked for.</summary>
internal sealed class FakeRun
{
    public StressOptions? Asked { get; private set; }

    public StressResult Result { get; init; } = Held();

    public StressCommand.Runner Runner => (options, progress, _) =>
    {
        Asked = options;
        foreach (var sample in Result.Samples) progress?.Report(sample);
        return Task.FromResult(Result);
    };

    public static StressResult Held() => new()
    {
        Runtime = "Replay",
        Hardware = "smmuv3",
        Seconds = 5.01,
        InvalidationsTotal = 12_345_678,
        InvalidationsPerS = 2_464_207.2,
        TranslationsTotal = 9_876_543,
        TranslationsPerS = 1_971_365.9,
        SyncsTotal = 192_901,
        SyncUs = new Latency(17.4, 163.2, 5120.7),
        ControlOpsTotal = 43_210,
        Errors = new Dictionary<string, long> { ["EBUSY"] = 120, ["ENOENT"] = 3_401 },
        StaleHits = 0,
        LeakedReferences = 0,
        InvariantViolations = [],
        JournalEventsTotal = 40_111,
        Samples = [.. Enumerable.Range(1, 50).Select(i => new Sample(i / 10.0, i * 240_000L + 30_000 * (i % 7), i * 190_000L, i * 860L))],
        SyncHistogram = [.. Enumerable.Range(0, 40).Select(i => i is < 12 or > 23 ? 0 : 192_901L >> Math.Abs(i - 15))],
    };

    public static StressResult Broken() => Held() with
    {
        StaleHits = 1,
        InvariantViolations =
        [
            new Violation("I8", "guest-0 <device> 2: iova 0x40001000 hit an entry that was to be gone",
                ["entry: vmid 1, asid 5, 0x40001000 -> 0x80001000", "invalidation 1000: TLBI_NH_VA 0x40001000, reported handled"]),
        ],
    };
}
