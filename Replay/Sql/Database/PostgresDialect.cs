using System.Data.Common;
using Npgsql;

namespace Akka.Persistence.Sql.Database;

/// <summary>PostgreSQL through Npgsql.</summary>
internal sealed class PostgresDialect : ISqlDialect
{
    public int WritersMax => int.MaxValue;

    // As the plugin of 1.5.30 makes them with the provider PostgreSQL.15.
    public IReadOnlyList<string> CreateJournal { get; } =
    [
        """
        CREATE TABLE IF NOT EXISTS journal
        (
            ordering        bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
            created         bigint  NOT NULL,
            deleted         boolean NOT NULL,
            persistence_id  text    NOT NULL,
            sequence_number bigint  NOT NULL,
            message         bytea   NOT NULL,
            manifest        text,
            identifier      integer,
            writer_uuid     text,

            CONSTRAINT "PK_journal" PRIMARY KEY (ordering),
            CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number)
        )
        """,
        "CREATE INDEX IF NOT EXISTS journal_created_idx ON journal (created)",
        "CREATE INDEX IF NOT EXISTS journal_sequence_number_idx ON journal (sequence_number)",
        """
        CREATE TABLE IF NOT EXISTS tags
        (
            ordering_id    bigint NOT NULL,
            tag            text   NOT NULL,
            sequence_nr    bigint NOT NULL,
            persistence_id text   NOT NULL,

            CONSTRAINT "PK_tags" PRIMARY KEY (ordering_id, tag)
        )
        """,
        "CREATE INDEX IF NOT EXISTS tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr)",
        "CREATE INDEX IF NOT EXISTS tags_tag_idx ON tags (tag)",
    ];

    public IReadOnlyList<string> CreateSnapshots { get; } =
    [
        """
        CREATE TABLE IF NOT EXISTS snapshot
        (
            persistence_id  text   NOT NULL,
            sequence_number bigint NOT NULL,
            created         bigint NOT NULL,
            snapshot        bytea,
            manifest        text,
            serializer_id   integer,

            CONSTRAINT "PK_snapshot" PRIMARY KEY (persistence_id, sequence_number)
        )
        """,
        "CREATE INDEX IF NOT EXISTS snapshot_sequence_number_idx ON snapshot (sequence_number)",
        "CREATE INDEX IF NOT EXISTS snapshot_created_idx ON snapshot (created)",
    ];

    public DbConnection Open(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public bool IsConstraintViolation(Exception cause) =>
        cause is PostgresException failure && failure.SqlState.StartsWith("23", StringComparison.Ordinal);

    public void Release(string connectionString)
    {
        using var connection = new NpgsqlConnection(connectionString);
        NpgsqlConnection.ClearPool(connection);
    }
}
