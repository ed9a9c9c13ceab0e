namespace Akka.Persistence.Sql.Snapshot;

/// <summary>A row of the table snapshot, without the persistence id that was asked for.</summary>
internal sealed record SnapshotRow(long SequenceNumber, long Created, byte[] Snapshot, string Manifest, int? SerializerId);
