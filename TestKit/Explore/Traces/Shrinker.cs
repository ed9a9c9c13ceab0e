namespace Iommu.TestKit.Explore.Traces;

/// <summary>
/// Makes a schedule that breaks an invariant short: leaves decisive steps out, half of them first and single ones in the end, as long as
/// the same invariant still breaks (delta debugging).
/// </summary>
internal sealed class Shrinker(Replayer replayer)
{
    private const int RunsMax = 3_000;

    /// <summary>Runs that it took.</summary>
    public int Runs { get; private set; }

    /// <param name="found">A schedule.</param>
    /// <param name="invariant">What it breaks.</param>
    /// <returns>One that breaks the same, and of which no step can be left out, unless that took too many runs.</returns>
    public Deviations Shrink(Deviations found, string invariant)
    {
        var kept = found;
        for (var size = Math.Max(1, kept.Count / 2); ; size = Math.Max(1, size / 2))
        {
            var shorter = false;
            for (var start = 0; start < kept.Count && Runs < RunsMax;)
            {
                if (Try(kept.Without(start, size), invariant) is { } without && without.Count < kept.Count)
                    (kept, shorter) = (without, true);
                else start += size;
            }
            if (Runs >= RunsMax || (size == 1 && !shorter)) return kept;
        }
    }

    /// <summary>What a run with these steps has chosen, which may be fewer; null when it breaks something else, or nothing.</summary>
    private Deviations? Try(Deviations steps, string invariant)
    {
        Runs++;
        var run = replayer.Run(steps);
        return run.Violation?.Invariant == invariant ? Deviations.Of(run.Choices) : null;
    }
}
