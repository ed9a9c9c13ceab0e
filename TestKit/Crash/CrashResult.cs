using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Crash;

/// <summary>What a crash run came to. Field names of the JSON are these, in snake case.</summary>
public sealed record CrashResult
{
    /// <summary><c>Akka</c> or <c>Replay</c>.</summary>
    public required string Runtime { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Whether simulators were stopped in a deterministic run, and no process was killed.</summary>
    public bool Simulated { get; init; }

    /// <summary>Processes that were killed; or turns before which a simulator was stopped, and actors that were thrown down.</summary>
    public required int Runs { get; init; }

    /// <summary>The same by point.</summary>
    public required IReadOnlyDictionary<string, int> Crashes { get; init; }

    public required long AcknowledgedOpsTotal { get; init; }

    public int LostOps => Count(CrashFault.LostOp);

    public int PhantomObjects => Count(CrashFault.PhantomObject);

    public int GraphMismatches => Count(CrashFault.GraphMismatch);

    public int DuplicateEffects => Count(CrashFault.DuplicateEffect);

    public int HungCallers => Count(CrashFault.HungCaller);

    /// <summary>Recoveries that were compared. Of simulated crashes many leave the same journal, which is recovered once.</summary>
    public int RecoveriesTotal { get; init; }

    /// <summary>
    /// From the start of the actor system, or from when an actor was thrown down, to when calls are served, in milliseconds of the
    /// machine's time.
    /// </summary>
    public required Latency RecoveryMs { get; init; }

    public required long EventsReplayedTotal { get; init; }

    public required IReadOnlyList<CrashViolation> Violations { get; init; }

    /// <summary>The contexts of the last recovery.</summary>
    public required IReadOnlyList<RecoveredContext> Recovered { get; init; }

    public bool Held => Violations.Count == 0;

    private int Count(CrashFault fault) => Violations.Count(violation => violation.Finding.Fault == fault);
}

/// <param name="Finding">What was wrong.</param>
/// <param name="Context">Of which context.</param>
/// <param name="Where">In which journal, after which crash.</param>
/// <param name="Point">Where that was.</param>
/// <param name="Calls">The last calls on the context, with their answers.</param>
/// <param name="Compared">The recovery that it was found in, or after; null when there was none yet.</param>
public sealed record CrashViolation(
    CrashFinding Finding, string Context, string Where, string Point, IReadOnlyList<string> Calls,
    RecoveredContext? Compared = null);

/// <summary>Totals since the start of a run, at a moment.</summary>
public sealed record CrashSample(double Seconds, int Runs, long AcknowledgedOps, long EventsReplayed);
