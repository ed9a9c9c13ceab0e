using Microsoft.Data.Sqlite;

namespace Iommu.Bench.Journal;

/// <summary>A row of a journal, to be written once more.</summary>
internal sealed record BareRow(long Created, string Stream, long Number, byte[] Message, string Manifest, int Serializer, string Writer)
{
    private const string Later =
        """
        SELECT created, persistence_id, sequence_number, message, manifest, identifier, writer_uuid, ordering FROM journal
        WHERE ordering > @ordering ORDER BY ordering
        """;

    /// <summary>
    /// The rows behind an ordering, and the last one's. Rows of one request have the same time, and where one actor writes, which has one
    /// request under way, a request is a transaction.
    /// </summary>
    public static (List<List<BareRow>> Requests, long Ordering) ReadAfter(long ordering, SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Later;
        command.Parameters.AddWithValue("@ordering", ordering);
        using var reader = command.ExecuteReader();
        List<List<BareRow>> requests = [];
        while (reader.Read())
        {
            var row = new BareRow(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3),
                reader.GetString(4), reader.GetInt32(5), reader.GetString(6));
            if (requests.Count == 0 || requests[^1][0].Created != row.Created) requests.Add([]);
            requests[^1].Add(row);
            ordering = reader.GetInt64(7);
        }
        return (requests, ordering);
    }
}
