using Akka.Actor;
using Akka.Persistence;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>Saving, choosing and deleting snapshots.</summary>
public abstract class SnapshotSpec(Store store, string config = "") : PersistenceSpec(store, config)
{
    [StoreFact]
    public void The_latest_snapshot_is_offered()
    {
        SaveAtEachEvent("a", "b");

        Start("p", null, "offered b of 2", "recovered at 2");
    }

    [StoreFact]
    public void A_snapshot_can_be_chosen_by_its_sequence_number()
    {
        SaveAtEachEvent("a", "b");

        Start("p", new Recovery(new SnapshotSelectionCriteria(1)), "offered a of 1", "replayed b", "recovered at 2");
    }

    [StoreFact]
    public void Saving_again_at_the_same_event_replaces_the_snapshot()
    {
        var subject = SaveAtEachEvent("a");
        subject.Tell(Do(s => s.SaveSnapshot("better")));
        ExpectMsg<SaveSnapshotSuccess>();

        Start("p", null, "offered better of 1", "recovered at 1");
    }

    [StoreFact]
    public void A_deleted_snapshot_is_not_offered()
    {
        var subject = SaveAtEachEvent("a", "b");
        subject.Tell(Do(s => s.DeleteSnapshot(2)));
        Assert.Equal(2, ExpectMsg<DeleteSnapshotSuccess>().Metadata.SequenceNr);

        Start("p", null, "offered a of 1", "replayed b", "recovered at 2");
    }

    [StoreFact]
    public void Snapshots_are_deleted_up_to_a_sequence_number()
    {
        var criteria = new SnapshotSelectionCriteria(2);
        var subject = SaveAtEachEvent("a", "b", "c");
        subject.Tell(Do(s => s.DeleteSnapshots(criteria)));
        Assert.Equal(criteria, ExpectMsg<DeleteSnapshotsSuccess>().Criteria);

        Start("p", null, "offered c of 3", "recovered at 3");
        Start("p", new Recovery(new SnapshotSelectionCriteria(2)), "replayed a", "replayed b", "replayed c", "recovered at 3");
    }

    [StoreFact]
    public void Snapshots_of_other_persistence_ids_are_not_seen()
    {
        SaveAtEachEvent("a");

        Start("q", null, "recovered at 0");
    }

    private IActorRef SaveAtEachEvent(params string[] events)
    {
        var subject = Start("p", null, "recovered at 0");
        foreach (var text in events)
        {
            Persist(subject, text);
            subject.Tell(Do(s => s.SaveSnapshot(text)));
            ExpectMsg<SaveSnapshotSuccess>();
        }

        return subject;
    }
}
