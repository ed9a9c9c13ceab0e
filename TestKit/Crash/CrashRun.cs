namespace Iommu.TestKit.Crash;

/// <summary>
/// Crash-and-recover experiments (I13): processes make random calls, are killed, and what the next one recovers is held against the model.
/// </summary>
public static class CrashRun
{
    /// <summary>Runs to the end, or until something is wrong, or until it is cancelled: that is an end with a result too.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="progress">Told the totals after every kill.</param>
    /// <param name="cancellation">Ends the run early.</param>
    public static async Task<CrashResult> RunAsync(
        CrashOptions options, IProgress<CrashSample>? progress = null, CancellationToken cancellation = default)
    {
        var tally = new CrashTally<CrashPoint>(progress);
        await Task.WhenAll(options.Journals.Select((_, i) => Task.Run(() => new CrashLane(options, i, tally).RunAsync(cancellation))));
        return tally.Result();
    }
}
