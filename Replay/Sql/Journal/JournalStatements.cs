using System.Data;
using Akka.Persistence.Sql.Database;

namespace Akka.Persistence.Sql.Journal;

internal static class JournalStatements
{
    private const string Insert =
        """
        INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
        VALUES (@created, @deleted, @pid, @nr, @message, @manifest, @identifier, @writer)
        """;

    public static readonly SqlStatement Append = new(Insert, RowParameters);

    public static readonly SqlStatement AppendTagged = new(Insert + " RETURNING ordering", RowParameters);

    public static readonly SqlStatement Tag = new(
        "INSERT INTO tags (ordering_id, tag, sequence_nr, persistence_id) VALUES (@ordering, @tag, @nr, @pid)",
        ("@ordering", DbType.Int64), ("@tag", DbType.String), ("@nr", DbType.Int64), ("@pid", DbType.String));

    public static readonly SqlStatement Highest = new(
        "SELECT MAX(sequence_number) FROM journal WHERE persistence_id = @pid AND sequence_number > @from",
        ("@pid", DbType.String), ("@from", DbType.Int64));

    public static readonly SqlStatement Page = new(
        """
        SELECT created, sequence_number, message, manifest, identifier, writer_uuid FROM journal
        WHERE persistence_id = @pid AND sequence_number >= @from AND sequence_number <= @to AND NOT deleted
        ORDER BY sequence_number LIMIT @limit
        """,
        ("@pid", DbType.String), ("@from", DbType.Int64), ("@to", DbType.Int64), ("@limit", DbType.Int32));

    public static readonly SqlStatement MarkDeleted = new(
        "UPDATE journal SET deleted = @deleted WHERE persistence_id = @pid AND sequence_number <= @to",
        ("@deleted", DbType.Boolean), ("@pid", DbType.String), ("@to", DbType.Int64));

    public static readonly SqlStatement HighestDeleted = new(
        "SELECT MAX(sequence_number) FROM journal WHERE persistence_id = @pid AND deleted", ("@pid", DbType.String));

    public static readonly SqlStatement Delete = new(
        "DELETE FROM journal WHERE persistence_id = @pid AND sequence_number <= @to AND sequence_number < @last",
        ("@pid", DbType.String), ("@to", DbType.Int64), ("@last", DbType.Int64));

    public static readonly SqlStatement DeleteTags = new(
        "DELETE FROM tags WHERE persistence_id = @pid AND sequence_nr <= @to", ("@pid", DbType.String), ("@to", DbType.Int64));

    private static (string Name, DbType Type)[] RowParameters =>
    [
        ("@created", DbType.Int64), ("@deleted", DbType.Boolean), ("@pid", DbType.String), ("@nr", DbType.Int64),
        ("@message", DbType.Binary), ("@manifest", DbType.String), ("@identifier", DbType.Int32), ("@writer", DbType.String),
    ];
}
