using Akka.Actor;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>What only SQLite's file can show: its schema to the letter, and a lock that another process holds.</summary>
public class SqliteSpec : PersistenceSpec
{
    private readonly SqliteStore _store;

    public SqliteSpec() : this(new SqliteStore())
    {
    }

    private SqliteSpec(SqliteStore store) : base(store, "") => _store = store;

    [Fact]
    public void The_schema_is_that_of_the_plugin()
    {
        Start("p", null, "recovered at 0");

        var schema = _store.Query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY tbl_name, type, name");

        Assert.Equal(Schema.Replace("\r", ""), string.Join("\n", schema).Replace("\r", ""));
    }

    [Fact]
    public void A_lock_that_is_not_given_back_fails_the_write_and_nothing_after_it()
    {
        var subject = Watch(Start("p", null, "recovered at 0"));
        Persist(subject, "before");

        using (var other = _store.Open())
        {
            using var transaction = other.BeginTransaction();
            subject.Tell(Do(a => a.Persist("locked", a.Note)));
            ExpectMsg("failed locked at 2");
            ExpectTerminated(subject);
        }

        Persist(Start("p", null, "replayed before", "recovered at 1"), "after");
    }

    private const string Schema =
        """
        CREATE INDEX journal_created_idx ON journal (created)
        CREATE INDEX journal_sequence_number_idx ON journal (sequence_number)
        CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number)
        CREATE TABLE [journal]
        (
        	[ordering]        INTEGER        NOT NULL PRIMARY KEY AUTOINCREMENT,
        	[created]         BigInt         NOT NULL,
        	[deleted]         Bit            NOT NULL,
        	[persistence_id]  NVarChar(255)  NOT NULL,
        	[sequence_number] BigInt         NOT NULL,
        	[message]         VarBinary      NOT NULL,
        	[manifest]        NVarChar(500)      NULL,
        	[identifier]      INTEGER            NULL,
        	[writer_uuid]     NVarChar(128)      NULL
        )
        CREATE INDEX snapshot_created_idx ON snapshot (created)
        CREATE INDEX snapshot_sequence_number_idx ON snapshot (sequence_number)
        CREATE TABLE [snapshot]
        (
        	[persistence_id]  NVarChar(255) NOT NULL,
        	[sequence_number] BigInt        NOT NULL,
        	[created]         BigInt        NOT NULL,
        	[snapshot]        VarBinary         NULL,
        	[manifest]        NVarChar(500)     NULL,
        	[serializer_id]   INTEGER           NULL,

        	CONSTRAINT [PK_snapshot] PRIMARY KEY ([persistence_id], [sequence_number])
        )
        CREATE TABLE sqlite_sequence(name,seq)
        CREATE INDEX tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr)
        CREATE INDEX tags_tag_idx ON tags (tag)
        CREATE TABLE [tags]
        (
        	[ordering_id]    INTEGER       NOT NULL,
        	[tag]            NVarChar(64)  NOT NULL,
        	[sequence_nr]    INTEGER       NOT NULL,
        	[persistence_id] NVarChar(255) NOT NULL,

        	CONSTRAINT [PK_tags] PRIMARY KEY ([ordering_id], [tag])
        )
        """;
}
