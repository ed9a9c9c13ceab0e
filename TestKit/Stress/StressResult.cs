namespace Iommu.TestKit.Stress;

/// <summary>What a stress run came to. Field names of the JSON are these, in snake case.</summary>
public sealed record StressResult
{
    /// <summary><c>Akka</c> or <c>Replay</c>.</summary>
    public required string Runtime { get; init; }

    public required string Hardware { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Guest invalidation commands that were reported handled.</summary>
    public required long InvalidationsTotal { get; init; }

    public required double InvalidationsPerS { get; init; }

    /// <summary>Those of them that went by queues of the guests' own, without a call.</summary>
    public long DirectInvalidationsTotal { get; init; }

    public required long TranslationsTotal { get; init; }

    public required double TranslationsPerS { get; init; }

    /// <summary>Synchronizations: invalidation calls that came back.</summary>
    public required long SyncsTotal { get; init; }

    /// <summary>From an invalidation call to its answer, in microseconds.</summary>
    public required Latency SyncUs { get; init; }

    /// <summary>Calls of the controllers: map, unmap, attach, replace, create, destroy.</summary>
    public required long ControlOpsTotal { get; init; }

    /// <summary>Answers other than success, by errno; those that the workload provokes are among them.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }

    /// <summary>Hits of entries that an invalidation should have removed (I8).</summary>
    public required long StaleHits { get; init; }

    /// <summary>References left when every context was closed (I1).</summary>
    public required long LeakedReferences { get; init; }

    public required IReadOnlyList<Violation> InvariantViolations { get; init; }

    public required long JournalEventsTotal { get; init; }

    /// <summary>One sample a tenth of a second, for the report.</summary>
    public required IReadOnlyList<Sample> Samples { get; init; }

    /// <summary>Counts of synchronization times by power-of-two buckets of nanoseconds: index i is below 2^i.</summary>
    public required IReadOnlyList<long> SyncHistogram { get; init; }

    public bool Held => InvariantViolations.Count == 0;
}

public sealed record Latency(double P50, double P99, double Max);

/// <param name="Invariant">Its name, I1 to I13.</param>
/// <param name="What">The objects or entries, and what should have been.</param>
/// <param name="Details">Lines of context: the last messages, the command, the entry.</param>
public sealed record Violation(string Invariant, string What, IReadOnlyList<string> Details);

/// <summary>Totals since the start of the run, at a moment.</summary>
public sealed record Sample(double Seconds, long Invalidations, long Translations, long ControlOps);
