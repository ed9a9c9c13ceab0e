using System.Data;
using System.Data.Common;
using Iommu.Persistence.Streams;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Iommu.Actors.Journals;

/// <summary>The tables of a journal as they are, without what reads events from them. Nothing is written.</summary>
internal sealed class JournalTables : IDisposable
{
    private readonly DbConnection _connection;
    private readonly DbTransaction _transaction;

    private JournalTables(DbConnection connection)
    {
        _connection = connection;
        // Everything is read as it was at one moment, whoever writes meanwhile.
        _transaction = connection.BeginTransaction(
            connection is NpgsqlConnection ? IsolationLevel.RepeatableRead : IsolationLevel.Serializable);
    }

    /// <param name="source">A SQLite file, or a PostgreSQL connection string.</param>
    /// <exception cref="JournalException">There is nothing, or no journal, or it is locked.</exception>
    public static JournalTables Open(string source) => Guard(() => new JournalTables(ReadOnlyJournal.Connect(source)));

    /// <summary>The persistence ids of both tables.</summary>
    public IReadOnlyList<string> Streams() => Guard(() => Read(
        "SELECT persistence_id FROM journal UNION SELECT persistence_id FROM snapshot", null, row => row.GetValue(0).ToString()!).ToList());

    /// <summary>The events of a stream, in the order of their numbers.</summary>
    public IEnumerable<StoredRow> Events(string stream) => Read(
        """
        SELECT sequence_number, manifest, identifier, message, deleted, writer_uuid FROM journal
        WHERE persistence_id = @stream ORDER BY sequence_number
        """,
        stream, row => ToRow(RowFault.Journal, stream, row) with
        {
            IsDeleted = row.GetBoolean(4), Writer = row.IsDBNull(5) ? "" : row.GetString(5),
        });

    /// <summary>The snapshots of a stream, in the order of their numbers.</summary>
    public IEnumerable<StoredRow> Snapshots(string stream) => Read(
        """
        SELECT sequence_number, manifest, serializer_id, snapshot FROM snapshot
        WHERE persistence_id = @stream ORDER BY sequence_number
        """,
        stream, row => ToRow(RowFault.Snapshot, stream, row));

    /// <summary>The rows of a stream with all their columns, in the order of their numbers.</summary>
    /// <param name="table">Which table.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="stream">The persistence id.</param>
    public IEnumerable<object[]> Whole(string table, IReadOnlyList<string> columns, string stream) => Read(
        $"SELECT {string.Join(", ", columns)} FROM {table} WHERE persistence_id = @stream ORDER BY sequence_number", stream, row =>
        {
            var values = new object[columns.Count];
            row.GetValues(values);
            return values;
        });

    public void Dispose()
    {
        _transaction.Dispose();
        _connection.Dispose();
    }

    /// <summary>Says what a database says in words of a journal.</summary>
    public static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException e)
        {
            throw new JournalException(SimulatorConfig.Explain(e), e);
        }
        catch (DbException e)
        {
            throw new JournalException(e.GetBaseException().Message.ReplaceLineEndings(" "), e);
        }
    }

    private static StoredRow ToRow(string table, string stream, DbDataReader row) => new(
        table, stream, row.GetInt64(0), row.IsDBNull(1) ? "" : row.GetValue(1).ToString()!, row.IsDBNull(2) ? null : row.GetInt32(2),
        row.GetValue(3) as byte[]);

    private IEnumerable<T> Read<T>(string sql, string? stream, Func<DbDataReader, T> map)
    {
        using var command = _connection.CreateCommand();
        command.Transaction = _transaction;
        command.CommandText = sql;
        if (stream is not null)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("@stream", stream);
            command.Parameters.Add(parameter);
        }
        using var reader = command.ExecuteReader();
        while (reader.Read()) yield return map(reader);
    }
}
