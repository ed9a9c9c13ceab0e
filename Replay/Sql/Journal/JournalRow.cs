namespace Akka.Persistence.Sql.Journal;

/// <summary>A row of the table journal, but for its ordering, which the database gives, and its mark of deletion.</summary>
internal sealed record JournalRow(
    long Created,
    string PersistenceId,
    long SequenceNumber,
    byte[] Message,
    string Manifest,
    int? Identifier,
    string? WriterUuid)
{
    /// <summary>Rows of the table tags that belong to this one.</summary>
    public IReadOnlyCollection<string> Tags { get; init; } = [];
}
