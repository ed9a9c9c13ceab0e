using Akka.Configuration;
using Iommu.Actors;
using Iommu.Tests.Conformance.Persistence;
using Microsoft.Data.Sqlite;

namespace Iommu.Tests.Persistence.Damage;

/// <summary>A journal's database of a test's own, which the test may damage.</summary>
public sealed class JournalDatabase(SqlStore store) : IDisposable
{
    private readonly bool _isSqlite = store is SqliteStore;

    /// <summary>What a simulator on it is configured with.</summary>
    public Config Config => _isSqlite ? SimulatorConfig.Sqlite(Source) : SimulatorConfig.Postgres(Source);

    /// <summary>What 'iommu graph' is given.</summary>
    public string Source { get; } =
        store is SqliteStore ? new SqliteConnectionStringBuilder(store.ConnectionString).DataSource : store.ConnectionString;

    /// <summary>A text as bytes, in SQL.</summary>
    public string Bytes(string text) => _isSqlite ? $"CAST('{text}' AS BLOB)" : $"convert_to('{text}', 'UTF8')";

    public void Execute(string sql) => store.Execute(sql);

    public void AddSnapshot(string stream, long number, string json, string manifest = "event-list.v1") => store.Execute(
        "INSERT INTO snapshot (persistence_id, sequence_number, created, snapshot, manifest, serializer_id) "
        + $"VALUES ('{stream}', {number}, 1, {Bytes(json)}, '{manifest}', 7301)");

    /// <summary>Every row of both tables.</summary>
    public List<string> Rows() =>
    [
        .. store.Query("SELECT persistence_id, sequence_number, manifest, identifier, deleted, message FROM journal ORDER BY ordering"),
        .. store.Query("SELECT persistence_id, sequence_number, manifest, snapshot FROM snapshot ORDER BY persistence_id, sequence_number"),
    ];

    public void Dispose() => store.Dispose();
}
