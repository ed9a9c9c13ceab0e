using Akka.Actor;
using Akka.Persistence;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>What an incarnation sees before its first command.</summary>
public abstract class RecoverySpec(Store store, string config = "")
    : PersistenceSpec(store, "akka.persistence.max-concurrent-recoveries = 2\n" + config)
{
    [StoreFact]
    public void A_snapshot_and_the_events_after_it_are_enough()
    {
        var first = Start("p", null, "recovered at 0");
        Persist(first, "a", "b");
        SaveSnapshot(first, "ab", 2);
        Persist(first, "c");

        Start("p", null, "offered ab of 2", "replayed c", "recovered at 3");
    }

    [StoreFact]
    public void Recovery_can_leave_the_snapshot_out()
    {
        var first = Start("p", null, "recovered at 0");
        Persist(first, "a");
        SaveSnapshot(first, "a", 1);

        Start("p", new Recovery(SnapshotSelectionCriteria.None), "replayed a", "recovered at 1");
    }

    [StoreFact]
    public void Recovery_can_end_at_an_event_and_still_knows_the_highest_number()
    {
        Persist(Start("p", null, "recovered at 0"), "a", "b", "c");

        Start("p", new Recovery(SnapshotSelectionCriteria.Latest, 2), "replayed a", "replayed b", "recovered at 3");
    }

    [StoreFact]
    public void Recovery_can_end_after_so_many_events()
    {
        Persist(Start("p", null, "recovered at 0"), "a", "b", "c");

        Start("p", new Recovery(SnapshotSelectionCriteria.Latest, long.MaxValue, 1), "replayed a", "recovered at 3");
    }

    [StoreFact]
    public void Recovery_None_replays_nothing_and_goes_on_counting()
    {
        Persist(Start("p", null, "recovered at 0"), "a", "b");

        var again = Start("p", Recovery.None, "recovered at 2");
        again.Tell(Do(a => a.Persist("c", _ => a.Note("at " + a.LastSequenceNr))));

        ExpectMsg("at 3");
    }

    [StoreFact]
    public void A_later_snapshot_than_the_recovery_allows_is_passed_over()
    {
        var first = Start("p", null, "recovered at 0");
        Persist(first, "a");
        SaveSnapshot(first, "a", 1);
        Persist(first, "b", "c");
        SaveSnapshot(first, "abc", 3);

        Start("p", new Recovery(SnapshotSelectionCriteria.Latest, 2), "offered a of 1", "replayed b", "recovered at 3");
    }

    [StoreFact]
    public void More_actors_than_permits_all_recover()
    {
        foreach (var i in Enumerable.Range(0, 7)) Persist(Start("p" + i, null, "recovered at 0"), "e");

        foreach (var i in Enumerable.Range(0, 7)) Create("p" + i);

        var seen = Enumerable.Range(0, 14).Select(_ => ExpectMsg<string>()).ToList();
        Assert.Equal(7, seen.Count(text => text == "replayed e"));
        Assert.Equal(7, seen.Count(text => text == "recovered at 1"));
    }

    [StoreFact]
    public void A_recovery_of_many_events_keeps_their_order()
    {
        const int Count = 2500;
        var first = Start("p", null, "recovered at 0");
        first.Tell(Do(a => a.PersistAll(Enumerable.Range(1, Count).Select(i => i.ToString()), e =>
        {
            if (e == Count.ToString()) a.Note("all");
        })));
        ExpectMsg("all", TimeSpan.FromSeconds(20));

        Create("p");

        foreach (var i in Enumerable.Range(1, Count)) ExpectMsg("replayed " + i);
        ExpectMsg("recovered at " + Count);
    }

    [StoreFact]
    public void Persisting_while_recovering_is_refused_and_stops_the_actor()
    {
        Persist(Start("p", null, "recovered at 0"), "event");
        var probe = TestActor;

        var again = Sys.ActorOf(Props.Create(() => new PersistsTooEarly("p", probe)));
        Watch(again);

        Assert.StartsWith("Cannot persist during replay", ExpectMsg<string>());
        ExpectTerminated(again);
    }

    [StoreFact]
    public void Once_it_is_recovered_an_actor_may_persist_before_its_first_command()
    {
        var probe = TestActor;

        var subject = Sys.ActorOf(Props.Create(() => new PersistsWhenRecovered("p", probe)));
        subject.Tell("command");

        ExpectAll("persisted", "command");
    }

    private void SaveSnapshot(IActorRef subject, string snapshot, long sequenceNr)
    {
        subject.Tell(Do(a => a.SaveSnapshot(snapshot)));
        Assert.Equal(sequenceNr, ExpectMsg<SaveSnapshotSuccess>().Metadata.SequenceNr);
    }

    private sealed class PersistsTooEarly : ReceivePersistentActor
    {
        private readonly IActorRef _probe;

        public PersistsTooEarly(string persistenceId, IActorRef probe)
        {
            PersistenceId = persistenceId;
            _probe = probe;
            Recover<string>(text => Persist(text, _ => { }));
        }

        public override string PersistenceId { get; }

        protected override void OnRecoveryFailure(Exception reason, object message = null!) => _probe.Tell(reason.Message);
    }

    private sealed class PersistsWhenRecovered : ReceivePersistentActor
    {
        public PersistsWhenRecovered(string persistenceId, IActorRef probe)
        {
            PersistenceId = persistenceId;
            Recover<RecoveryCompleted>(_ => Persist("event", _ => probe.Tell("persisted")));
            Command<string>(probe.Tell);
        }

        public override string PersistenceId { get; }
    }
}
