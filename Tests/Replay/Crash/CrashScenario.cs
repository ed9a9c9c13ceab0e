using Iommu.Messages;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Crash.Simulated;

namespace Iommu.Tests.Replay.Crash;

/// <summary>A few calls on one context, of which the last ones are crashed.</summary>
/// <param name="Name">What they do.</param>
/// <param name="Before">Calls that lead there; all of them succeed.</param>
/// <param name="Crashed">Calls during which the simulator is crashed, at every step.</param>
/// <param name="IsAtomic">
/// Whether a call that fails leaves everything as it was, so that each step that can fail does so in turn: not where one is VFIO's, whose
/// first cut stands when the second fails.
/// </param>
internal sealed record CrashScenario(
    string Name, IReadOnlyList<Call> Before, IReadOnlyList<Call> Crashed, bool IsAtomic = true)
{
    public override string ToString() => Name;
}

/// <summary>A moment of a run: what the database may hold after a crash in it, and what had been acknowledged.</summary>
/// <param name="Step">Turns taken before it.</param>
/// <param name="Acknowledged">Calls answered before it.</param>
/// <param name="InFlight">The call that was not; null for none.</param>
/// <param name="Left">Every state of the database that a crash may leave.</param>
/// <param name="Oracles">What it may be after that.</param>
internal sealed record CrashMoment(
    long Step, int Acknowledged, Call? InFlight, IReadOnlyList<SimulatedDatabase> Left, CrashOracle Oracle);

/// <summary>What a scenario came to.</summary>
internal sealed class CrashCount
{
    /// <summary>Turns before which the simulator was stopped, in recoveries too.</summary>
    public long Points { get; set; }

    /// <summary>Journals that those have left, each recovered and judged; many points leave the same.</summary>
    public long Recoveries { get; set; }

    /// <summary>Requests that the journal had in the run that was crashed last.</summary>
    public int Writes { get; set; }

    public List<CrashFinding> Findings { get; } = [];

    public override string ToString() => $"{Points} crash points, {Recoveries} journals recovered"
        + $"{string.Concat(Findings.Take(5).Select(it => $"{Environment.NewLine}{it}"))}";
}
