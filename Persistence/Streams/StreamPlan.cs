namespace Iommu.Persistence.Streams;

/// <summary>What of one stream can be kept.</summary>
/// <param name="Stream">The persistence id.</param>
/// <param name="Kind">What should be in it.</param>
/// <param name="From">The snapshot that a recovery begins with; 0 for none.</param>
/// <param name="Last">The last number that a recovery would come to; 0 when nothing can be kept.</param>
/// <param name="RowsTotal">Rows of the table <c>journal</c>.</param>
/// <param name="FaultsTotal">Rows of both tables that cannot be read as what they should be.</param>
/// <param name="Faults">The first of them.</param>
/// <param name="Runs">Numbers of the rows that can be read, from and to, in order.</param>
/// <param name="Snapshots">Numbers of the snapshots that can be read.</param>
/// <param name="Ioases">Streams of IOASes that rows of this stream name, and the number of the first that does.</param>
public sealed record StreamPlan(
    string Stream, StreamKind Kind, long From, long Last, long RowsTotal, long FaultsTotal, IReadOnlyList<RowFault> Faults,
    IReadOnlyList<(long First, long Last)> Runs, IReadOnlyCollection<long> Snapshots, IReadOnlyDictionary<string, long> Ioases)
{
    /// <summary>Why nothing of it is kept, though it may be whole; null when it is wanted.</summary>
    public string? Unwanted { get; init; }

    /// <summary>Whether every row up to the last that is kept can be read, so that none has to be left to a snapshot.</summary>
    public bool ReachesBack => Runs.Any(run => run.First == 1 && run.Last >= Last);

    public bool IsWhole => Unwanted is null && FaultsTotal == 0 && RowsKept == RowsTotal;

    public long RowsKept => Unwanted is not null ? 0
        : Runs.Sum(run => Math.Max(0, Math.Min(run.Last, Last) - run.First + 1));

    /// <summary>Rows that can be read, and follow one that is not there or cannot.</summary>
    public IEnumerable<(long First, long Last)> Followers =>
        Runs.Where(run => run.Last > Last).Select(run => (Math.Max(run.First, Last + 1), run.Last));

    /// <param name="table">Of the two tables.</param>
    /// <param name="sequenceNr">The number of a row of this stream.</param>
    public bool Keeps(string table, long sequenceNr) => Unwanted is null && sequenceNr <= Last && (table == RowFault.Snapshot
        ? Snapshots.Contains(sequenceNr) : Runs.Any(run => run.First <= sequenceNr && sequenceNr <= run.Last));
}
