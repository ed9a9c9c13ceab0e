using Iommu.Bench.Journal;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.Persistence.Serialization;
using Microsoft.Data.Sqlite;

namespace Iommu.Bench.Recovery;

/// <summary>
/// A SQLite journal with a long history of one context: IOASes that were allocated and destroyed, so that its graph stays small whatever
/// its length. The rows are those that a run writes; they are put there without one.
/// </summary>
internal sealed class HistoryFile : IDisposable
{
    public const string Context = "history";

    private const int RowsPerTransaction = 100_000;
    private const int Live = 64;

    private const string Insert =
        """
        INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
        VALUES (638000000000000000, 0, @stream, @number, @message, @manifest, @identifier, 'bench')
        """;

    private const string InOrder =
        """
        SELECT created, sequence_number, message, manifest, identifier, writer_uuid FROM journal
        WHERE persistence_id = @stream ORDER BY sequence_number
        """;

    private readonly DatabaseFile _file = new();

    public string Path => _file.Path;

    /// <summary>Appends events to a journal whose tables are there and whose context is known.</summary>
    public void Append(long events, EventSerializer serializer)
    {
        using var connection = _file.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA synchronous=OFF; PRAGMA cache_size=-200000";
        command.ExecuteNonQuery();
        command.CommandText = Insert;
        foreach (var name in new[] { "@stream", "@number", "@message", "@manifest" }) command.Parameters.AddWithValue(name, "");
        command.Parameters.AddWithValue("@identifier", EventSerializer.JournalIdentifier);
        command.Parameters["@stream"].Value = StreamNames.Context(Context);
        for (var number = 1L; number <= events;)
        {
            using var transaction = connection.BeginTransaction();
            command.Transaction = transaction;
            for (var i = 0; i < RowsPerTransaction && number <= events; i++, number++) Write(command, number, serializer);
            transaction.Commit();
        }
    }

    /// <summary>The speed of light: the same rows in order, with nothing done with them.</summary>
    public long Read()
    {
        using var connection = _file.Open();
        using var command = connection.CreateCommand();
        command.CommandText = InOrder;
        command.Parameters.AddWithValue("@stream", StreamNames.Context(Context));
        using var reader = command.ExecuteReader();
        var rows = 0L;
        for (; reader.Read(); rows++)
            _ = (reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2),
                reader.GetString(3), reader.GetInt32(4), reader.GetString(5));
        return rows;
    }

    public void Dispose() => _file.Dispose();

    // Each id is allocated, and destroyed when so many others have come since.
    private static void Write(SqliteCommand command, long number, EventSerializer serializer)
    {
        var pair = (number - 1) / 2;
        var id = new ObjectId((uint)(pair % Live) + 1);
        GraphEvent happened = number % 2 == 1
            ? new IoasAllocated(id, StreamNames.Ioas(Context, id, number)) : new ObjectDestroyed(id);
        command.Parameters["@number"].Value = number;
        command.Parameters["@message"].Value = serializer.ToBinary(happened);
        command.Parameters["@manifest"].Value = serializer.Manifest(happened);
        command.ExecuteNonQuery();
    }
}
