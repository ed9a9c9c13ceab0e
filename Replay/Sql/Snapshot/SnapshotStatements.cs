using System.Data;
using Akka.Persistence.Sql.Database;

namespace Akka.Persistence.Sql.Snapshot;

internal static class SnapshotStatements
{
    private const string Range = " FROM snapshot WHERE persistence_id = @pid AND sequence_number <= @max AND created <= @until";

    public static readonly SqlStatement Save = new(
        """
        INSERT INTO snapshot (persistence_id, sequence_number, created, snapshot, manifest, serializer_id)
        VALUES (@pid, @nr, @created, @snapshot, @manifest, @serializer)
        ON CONFLICT (persistence_id, sequence_number) DO UPDATE SET
            created = excluded.created, snapshot = excluded.snapshot, manifest = excluded.manifest, serializer_id = excluded.serializer_id
        """,
        ("@pid", DbType.String), ("@nr", DbType.Int64), ("@created", DbType.Int64), ("@snapshot", DbType.Binary),
        ("@manifest", DbType.String), ("@serializer", DbType.Int32));

    public static readonly SqlStatement Latest = new(
        "SELECT sequence_number, created, snapshot, manifest, serializer_id" + Range + " ORDER BY sequence_number DESC LIMIT 1",
        RangeParameters);

    public static readonly SqlStatement DeleteRange = new("DELETE" + Range, RangeParameters);

    public static readonly SqlStatement DeleteOne = new("DELETE" + Range + " AND sequence_number = @max", RangeParameters);

    private static (string Name, DbType Type)[] RangeParameters =>
        [("@pid", DbType.String), ("@max", DbType.Int64), ("@until", DbType.Int64)];
}
