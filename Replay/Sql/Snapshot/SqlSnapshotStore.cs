using System.Runtime.Serialization;
using Akka.Configuration;
using Akka.Persistence.Snapshot;
using Akka.Persistence.Sql.Database;
using Akka.Serialization;

namespace Akka.Persistence.Sql.Snapshot;

/// <summary>The snapshot store in SQLite or PostgreSQL, with Akka.Persistence.Sql's table.</summary>
public class SqlSnapshotStore : SnapshotStore
{
    private readonly SqlDatabase _database;
    private readonly SqlSchema? _schema;
    private readonly string? _defaultSerializer;
    private readonly Akka.Serialization.Serialization _serialization = Context.System.Serialization;

    public SqlSnapshotStore(Config snapshotConfig)
    {
        var dialect = SqlDialect.Named(snapshotConfig.GetString("provider-name"));
        SqlSettings.Require(snapshotConfig, "table-mapping", "default");
        _schema = snapshotConfig.GetBoolean("auto-initialize", true) ? SqlSchema.Snapshots : null;
        _defaultSerializer = snapshotConfig.GetString("serializer");
        _database = SqlDatabases.Of(Context.System).Get(dialect, SqlSettings.ConnectionString(snapshotConfig), SqlWriterSettings.Default);
    }

    protected override async Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        var row = await _database.Read(_schema, session => Latest(session, persistenceId, criteria));
        if (row is null) return null!;
        var metadata = new SnapshotMetadata(persistenceId, row.SequenceNumber, new DateTime(row.Created));
        return new SelectedSnapshot(metadata, Deserialize(row));
    }

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        var serializer = _serialization.FindSerializerForType(snapshot.GetType(), _defaultSerializer!);
        return Write(SnapshotStatements.Save,
            metadata.PersistenceId,
            metadata.SequenceNr,
            metadata.Timestamp.Ticks,
            serializer.ToBinary(snapshot),
            Akka.Serialization.Serialization.ManifestFor(serializer, snapshot),
            serializer.Identifier);
    }

    protected override Task DeleteAsync(SnapshotMetadata metadata)
    {
        var until = metadata.Timestamp > DateTime.MinValue ? metadata.Timestamp : DateTime.MaxValue;
        return Write(SnapshotStatements.DeleteOne, metadata.PersistenceId, metadata.SequenceNr, until.Ticks);
    }

    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Write(SnapshotStatements.DeleteRange, persistenceId, criteria.MaxSequenceNr, criteria.MaxTimeStamp.Ticks);

    private static SnapshotRow? Latest(SqlSession session, string persistenceId, SnapshotSelectionCriteria criteria)
    {
        var command = session.Command(SnapshotStatements.Latest, persistenceId, criteria.MaxSequenceNr, criteria.MaxTimeStamp.Ticks);
        using var reader = command.ExecuteReader();
        return !reader.Read() ? null : new SnapshotRow(
            SequenceNumber: reader.GetInt64(0),
            Created: reader.GetInt64(1),
            Snapshot: reader.IsDBNull(2) ? [] : (byte[])reader.GetValue(2),
            Manifest: reader.IsDBNull(3) ? "" : reader.GetString(3),
            SerializerId: reader.IsDBNull(4) ? null : reader.GetInt32(4));
    }

    private Task Write(SqlStatement statement, params object[] values)
    {
        var work = new WriteSnapshots(statement, values) { Schema = _schema };
        _database.Write(work);
        return work.Done;
    }

    private object Deserialize(SnapshotRow row)
    {
        if (row.SerializerId is { } identifier) return _serialization.Deserialize(row.Snapshot, identifier, row.Manifest);
        var type = TypeNames.Find(row.Manifest) ?? throw new SerializationException(
            $"The snapshot {row.SequenceNumber} has no serializer and its manifest [{row.Manifest}] names no type.");
        return _serialization.FindSerializerForType(type, _defaultSerializer!).FromBinary(row.Snapshot, type);
    }
}
