using Iommu.Messages;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>A few calls on one context, of which the last ones are crashed.</summary>
/// <param name="Name">Of <c>--scenario</c>: words with hyphens.</param>
/// <param name="Summary">What they do.</param>
/// <param name="Before">Calls that lead there; all of them succeed.</param>
/// <param name="Crashed">Calls during which the simulator is crashed, at every step.</param>
/// <param name="IsAtomic">
/// Whether a call that fails leaves everything as it was, so that each step that can fail does so in turn: not where one is VFIO's, whose
/// first cut stands when the second fails.
/// </param>
internal sealed record CrashScenario(
    string Name, string Summary, IReadOnlyList<Call> Before, IReadOnlyList<Call> Crashed, bool IsAtomic = true)
{
    public override string ToString() => Name;
}

/// <summary>A moment of a run: what the database may hold after a crash in it, and what had been acknowledged.</summary>
/// <param name="Step">Turns taken before it.</param>
/// <param name="Acknowledged">Calls answered before it.</param>
/// <param name="InFlight">The call that was not; null for none.</param>
/// <param name="Left">Every state of the database that a crash may leave.</param>
/// <param name="Point">Where it is.</param>
/// <param name="Oracle">What it may be after that.</param>
/// <param name="Calls">The last calls, with their answers.</param>
internal sealed record CrashMoment(
    long Step, int Acknowledged, Call? InFlight, IReadOnlyList<SimulatedDatabase> Left, SimulatedPoint Point, CrashOracle Oracle,
    IReadOnlyList<string> Calls);
