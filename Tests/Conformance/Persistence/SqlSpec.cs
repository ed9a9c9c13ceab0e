using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>What stands in the tables, and what the journal does when the database does not do its part.</summary>
public abstract class SqlSpec(SqlStore store, string config = "")
    : PersistenceSpec(store, VersionedEventSerializer.Config + config)
{
    [StoreFact]
    public void A_row_holds_what_the_default_serializer_writes()
    {
        var subject = Start("p", null, "recovered at 0");
        Write(subject, new PlainEvent { Number = 7, Text = "x" });

        Assert.Equal(
            ["""p|1|{"$id":"1","$type":"Iommu.Tests.Conformance.Persistence.PlainEvent, Iommu.Tests","Number":{"$":"I7"},"Text":"x"}||1"""],
            store.Query("SELECT persistence_id, sequence_number, message, manifest, identifier FROM journal"));
    }

    [StoreFact]
    public void A_row_holds_manifest_and_identifier_of_a_serializer_that_has_its_own()
    {
        var subject = Start("p", null, "recovered at 0");
        Write(subject, new VersionedEvent(5));

        Assert.Equal(["5|number/1|4711"], store.Query("SELECT message, manifest, identifier FROM journal"));
        var marks = store.Query("SELECT deleted, created, LENGTH(writer_uuid) FROM journal").Single().Split('|');
        Assert.Contains(marks[0], new[] { "0", "False" });
        Assert.Equal(Sys.Scheduler.Now.UtcDateTime, new DateTime(long.Parse(marks[1]), DateTimeKind.Utc), TimeSpan.FromHours(1));
        Assert.Equal("32", marks[2]);
    }

    [StoreFact]
    public void Tags_stand_in_their_own_table_and_the_event_without_them_in_the_journal()
    {
        var subject = Start("p", null, "recovered at 0");
        Write(subject, "first");
        Write(subject, new Tagged("second", ["x", "y"]));

        Assert.Equal(["\"first\"", "\"second\""], store.Query("SELECT message FROM journal ORDER BY sequence_number"));
        Assert.Equal(
            ["x|2|p", "y|2|p"],
            store.Query("SELECT tag, sequence_nr, tags.persistence_id FROM tags JOIN journal ON ordering = ordering_id ORDER BY tag"));
    }

    [StoreFact]
    public void The_last_deleted_event_stays_marked_and_tags_go()
    {
        var subject = Start("p", null, "recovered at 0");
        foreach (var text in new[] { "a", "b", "c" }) Write(subject, new Tagged(text, ["t"]));

        subject.Tell(Do(a => a.DeleteMessages(2)));
        ExpectMsg<DeleteMessagesSuccess>();

        Assert.Equal(["2"], store.Query("SELECT sequence_number FROM journal WHERE deleted"));
        Assert.Equal(["3"], store.Query("SELECT sequence_number FROM journal WHERE NOT deleted"));
        Assert.Equal(["3"], store.Query("SELECT sequence_nr FROM tags"));
    }

    [StoreFact]
    public void A_snapshot_stands_in_its_table()
    {
        var subject = Start("p", null, "recovered at 0");
        Write(subject, "event");
        subject.Tell(Do(a => a.SaveSnapshot(new VersionedEvent(9))));
        ExpectMsg<SaveSnapshotSuccess>();

        Assert.Equal(
            ["p|1|9|number/1|4711"],
            store.Query("SELECT persistence_id, sequence_number, snapshot, manifest, serializer_id FROM snapshot"));
    }

    [StoreFact]
    public void A_sequence_number_that_is_taken_fails_its_writer_and_no_other()
    {
        var other = Start("q", null, "recovered at 0");
        var subject = Watch(Start("p", null, "recovered at 0"));
        Write(subject, "mine");
        store.Execute(
            """
            INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
            SELECT created, deleted, persistence_id, 2, message, manifest, identifier, writer_uuid FROM journal
            """);

        subject.Tell(Do(a => a.Persist("again", a.Note)));

        ExpectMsg("failed again at 2");
        ExpectTerminated(subject);
        Persist(other, "event");
    }

    [StoreFact]
    public void An_event_that_cannot_be_serialized_is_rejected()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.PersistAll(new object[] { "good", new VersionedEvent(-1) }, e => a.Note("written " + e))));
        ExpectAll("rejected good at 1", "rejected VersionedEvent { Number = -1 } at 2");
        Persist(subject, "next");

        Assert.Equal(["3"], store.Query("SELECT sequence_number FROM journal"));
    }

    [StoreFact]
    public void A_row_that_nobody_can_read_stops_the_recovery_and_the_actor()
    {
        Write(Start("p", null, "recovered at 0"), new VersionedEvent(5));
        store.Execute("UPDATE journal SET manifest = 'number/0'");

        var again = Watch(Create("p"));

        ExpectMsg("not recovered, no event: unknown manifest number/0");
        ExpectTerminated(again);
    }

    [StoreFact]
    public void A_snapshot_that_nobody_can_read_stops_the_recovery_and_the_actor()
    {
        var subject = Start("p", null, "recovered at 0");
        Write(subject, "event");
        subject.Tell(Do(a => a.SaveSnapshot(new VersionedEvent(9))));
        ExpectMsg<SaveSnapshotSuccess>();
        store.Execute("UPDATE snapshot SET manifest = 'number/0'");

        var again = Watch(Create("p"));

        ExpectMsg("not recovered, no event: unknown manifest number/0");
        ExpectTerminated(again);
    }

    [StoreFact]
    public void The_journal_serves_again_when_the_database_can()
    {
        Write(Start("p", null, "recovered at 0"), "before");
        var subject = Watch(Start("q", null, "recovered at 0"));
        store.Execute("ALTER TABLE journal RENAME TO gone");

        subject.Tell(Do(a => a.Persist("event", a.Note)));
        ExpectMsg("failed event at 1");
        ExpectTerminated(subject);
        store.Execute("ALTER TABLE gone RENAME TO journal");

        Persist(Start("q", null, "recovered at 0"), "event");
        Start("p", null, "replayed before", "recovered at 1");
    }

    private void Write(IActorRef subject, object @event)
    {
        subject.Tell(Do(a => a.Persist(@event, _ => a.Note("written"))));
        ExpectMsg("written");
    }
}
