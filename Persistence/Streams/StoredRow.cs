namespace Iommu.Persistence.Streams;

/// <summary>A row of the tables <c>journal</c> or <c>snapshot</c> as it is, whatever that is.</summary>
/// <param name="Table">Which of the two.</param>
/// <param name="Stream">The persistence id.</param>
/// <param name="SequenceNr">Its number in the stream.</param>
/// <param name="Manifest">What it says that it is.</param>
/// <param name="Serializer">The number of who wrote its bytes; null when it does not say.</param>
/// <param name="Bytes">What it holds; null when those are no bytes.</param>
/// <param name="IsDeleted">Whether it is marked as deleted. The simulator deletes nothing.</param>
/// <param name="Writer">One text for each process that wrote; nothing of a snapshot.</param>
public sealed record StoredRow(
    string Table, string Stream, long SequenceNr, string Manifest, int? Serializer, byte[]? Bytes, bool IsDeleted = false,
    string Writer = "");
