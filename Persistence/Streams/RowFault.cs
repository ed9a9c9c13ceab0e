namespace Iommu.Persistence.Streams;

/// <summary>A row of a journal that cannot be taken: where it is, what is wrong with it, and what would be right.</summary>
/// <param name="Table"><c>journal</c> or <c>snapshot</c>.</param>
/// <param name="Stream">The persistence id.</param>
/// <param name="SequenceNr">Its number in the stream; null for the newest snapshot of it.</param>
/// <param name="Manifest">What it says that it is; null when that cannot be told.</param>
/// <param name="Wrong">What is wrong with it.</param>
/// <param name="Right">What would be right.</param>
public sealed record RowFault(string Table, string Stream, long? SequenceNr, string? Manifest, string Wrong, string Right)
{
    /// <summary>The table of events.</summary>
    public const string Journal = "journal";

    /// <summary>The table of snapshots.</summary>
    public const string Snapshot = "snapshot";

    public override string ToString()
    {
        var number = SequenceNr is { } given ? $"number {given}" : "the newest";
        var manifest = Manifest is null ? "" : $", manifest '{Manifest}'";
        return $"{Table}, stream {Stream}, {number}{manifest}: {Wrong}; {Right}";
    }
}
