using Microsoft.Data.Sqlite;

namespace Iommu.Bench.Journal;

/// <summary>The speed of light: the journal's table and statements with nothing around them.</summary>
internal sealed class BareSqlite : IDisposable
{
    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS journal (
            ordering INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, created BigInt NOT NULL, deleted Bit NOT NULL,
            persistence_id NVarChar(255) NOT NULL, sequence_number BigInt NOT NULL, message VarBinary NOT NULL,
            manifest NVarChar(500) NULL, identifier INTEGER NULL, writer_uuid NVarChar(128) NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);
        CREATE INDEX IF NOT EXISTS journal_created_idx ON journal (created);
        CREATE INDEX IF NOT EXISTS journal_sequence_number_idx ON journal (sequence_number);
        """;

    private const string Insert =
        """
        INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
        VALUES (@created, @deleted, @pid, @nr, @message, @manifest, @identifier, @writer)
        """;

    private static readonly string[] Parameters =
        ["@created", "@deleted", "@pid", "@nr", "@message", "@manifest", "@identifier", "@writer"];

    private readonly DatabaseFile _file = new();
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private long _sequenceNr;

    public BareSqlite()
    {
        _connection = _file.Open();
        using var schema = _connection.CreateCommand();
        schema.CommandText = Schema;
        schema.ExecuteNonQuery();
        _insert = _connection.CreateCommand();
        _insert.CommandText = Insert;
        object[] values = [638_000_000_000_000_000L, false, "bare", 0L, new byte[16], "mapped/1", 4712, Guid.NewGuid().ToString("N")];
        foreach (var (name, value) in Parameters.Zip(values)) _insert.Parameters.AddWithValue(name, value);
        _insert.Prepare();
    }

    public Task Append(int rows, int rowsPerTransaction)
    {
        for (var written = 0; written < rows; written += rowsPerTransaction)
        {
            using var transaction = _connection.BeginTransaction();
            _insert.Transaction = transaction;
            for (var i = 0; i < rowsPerTransaction; i++)
            {
                _insert.Parameters["@nr"].Value = ++_sequenceNr;
                _insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return Task.CompletedTask;
    }

    /// <summary>Appends rows that a journal has, each batch of them in a transaction.</summary>
    public void Append(IEnumerable<IReadOnlyList<BareRow>> batches)
    {
        var parameters = _insert.Parameters;
        foreach (var batch in batches)
        {
            using var transaction = _connection.BeginTransaction();
            _insert.Transaction = transaction;
            foreach (var row in batch)
            {
                parameters[0].Value = row.Created;
                parameters[2].Value = row.Stream;
                parameters[3].Value = row.Number;
                parameters[4].Value = row.Message;
                parameters[5].Value = row.Manifest;
                parameters[6].Value = row.Serializer;
                parameters[7].Value = row.Writer;
                _insert.ExecuteNonQuery();
            }
            transaction.Commit();
        }
    }

    public Task ReadInOrder(int rows)
    {
        using var command = _connection.CreateCommand();
        command.CommandText =
            "SELECT created, sequence_number, message, manifest, identifier, writer_uuid FROM journal WHERE persistence_id = 'bare' "
            + "ORDER BY sequence_number LIMIT " + rows;
        using var reader = command.ExecuteReader();
        var read = 0;
        while (reader.Read())
        {
            _ = (reader.GetInt64(0), reader.GetInt64(1), reader.GetValue(2), reader.GetString(3), reader.GetInt32(4), reader.GetString(5));
            read++;
        }

        return read == rows ? Task.CompletedTask : throw new InvalidOperationException($"read {read} rows, expected {rows}");
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
        _file.Dispose();
    }
}
