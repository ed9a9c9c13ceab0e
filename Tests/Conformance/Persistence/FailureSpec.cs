using Akka.Actor;
using Akka.Persistence;
using Akka.TestKit;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>What happens when a journal fails, refuses, or takes its time.</summary>
public abstract class FailureSpec(string config) : PersistenceSpec(new FaultyStore(), config)
{
    private IActorRef Journal => Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor(null!);

    [Fact]
    public void A_failed_write_stops_the_actor()
    {
        var subject = Watch(Start("p", null, "recovered at 0"));

        subject.Tell(Do(a => a.Persist("lost", a.Note)));

        ExpectMsg("failed lost at 1");
        ExpectTerminated(subject);
    }

    [Fact]
    public void Others_go_on_after_a_failed_write()
    {
        var other = Start("q", null, "recovered at 0");
        var subject = Watch(Start("p", null, "recovered at 0"));
        subject.Tell(Do(a => a.Persist("lost", a.Note)));
        ExpectMsg("failed lost at 1");
        ExpectTerminated(subject);

        Persist(other, "event");

        Start("q", null, "replayed event", "recovered at 1");
    }

    [Fact]
    public void PersistAll_is_written_all_or_none()
    {
        var subject = Watch(Start("p", null, "recovered at 0"));
        Persist(subject, "before");

        subject.Tell(Do(a => a.PersistAll(["1", "lost", "3"], a.Note)));

        ExpectMsg("failed 1 at 2");
        ExpectTerminated(subject);
        Start("p", null, "replayed before", "recovered at 1");
    }

    [Fact]
    public void A_rejected_event_has_no_handler_and_the_actor_goes_on()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.Persist("bad", a.Note)));
        ExpectMsg("rejected bad at 1");
        Persist(subject, "good");

        Start("p", null, "replayed good", "recovered at 2");
    }

    [Fact]
    public void All_events_of_a_rejected_PersistAll_are_rejected()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.PersistAll(["1", "bad"], a.Note)));
        subject.Tell("command");

        ExpectAll("rejected 1 at 1", "rejected bad at 2", "command");
    }

    [Fact]
    public void Commands_pass_while_PersistAsync_waits()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.PersistAsync("late", a.Note)));
        subject.Tell("command");
        ExpectMsg("command");
        Journal.Tell("now");

        ExpectMsg("late");
    }

    [Fact]
    public void Commands_do_not_pass_while_Persist_waits()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a =>
        {
            a.Persist("late", a.Note);
            a.Note("waiting");
        }));
        subject.Tell("command");
        ExpectMsg("waiting");
        Journal.Tell("now");

        ExpectAll("late", "command");
    }

    [Fact]
    public void Events_that_come_while_a_write_is_under_way_follow_it_in_order()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.PersistAsync("late", a.Note)));
        foreach (var text in new[] { "1", "2", "3" }) subject.Tell(Do(a => a.PersistAsync(text, a.Note)));
        subject.Tell("command");
        ExpectMsg("command");
        Journal.Tell("now");

        ExpectAll("late", "1", "2", "3");
    }

    [Fact]
    public void A_journal_answers_no_writer_before_those_that_wrote_earlier()
    {
        var probe = CreateTestProbe();

        Journal.Tell(new WriteMessages([new AtomicWrite(new Persistent("late", 1, "p"))], probe, 1));
        Journal.Tell(new WriteMessages([new AtomicWrite(new Persistent("quick", 1, "q"))], probe, 1));
        Journal.Tell("now");

        Assert.Equal(["late", "quick"], new[] { Written(probe), Written(probe) });
    }

    private static object Written(TestProbe probe)
    {
        probe.ExpectMsg<WriteMessagesSuccessful>();
        return probe.ExpectMsg<WriteMessageSuccess>().Persistent.Payload;
    }

    [Fact]
    public void An_event_whose_handler_throws_in_recovery_stops_the_actor()
    {
        Persist(Start("p", null, "recovered at 0"), "event");
        var probe = TestActor;

        var again = Watch(Sys.ActorOf(Props.Create(() => new FailsToRecover("p", probe))));

        ExpectMsg("not recovered: cannot take event");
        ExpectTerminated(again);
    }

    private sealed class FailsToRecover : ReceivePersistentActor
    {
        private readonly IActorRef _probe;

        public FailsToRecover(string persistenceId, IActorRef probe)
        {
            PersistenceId = persistenceId;
            _probe = probe;
            Recover<string>(text => throw new InvalidOperationException("cannot take " + text));
        }

        public override string PersistenceId { get; }

        protected override void OnRecoveryFailure(Exception reason, object message = null!) =>
            _probe.Tell("not recovered: " + reason.Message);
    }
}
