using Akka.Actor;
using Akka.Persistence;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>When handlers run, in which order, and what the actor does meanwhile.</summary>
public abstract class PersistSpec(Store store, string config = "") : PersistenceSpec(store, config)
{
    [StoreFact]
    public void What_was_persisted_is_replayed_to_the_next_incarnation()
    {
        var first = Start("p", null, "recovered at 0");
        Persist(first, "a", "b");
        Stop(first);

        Start("p", null, "replayed a", "replayed b", "recovered at 2");
    }

    [StoreFact]
    public void Commands_wait_until_the_handler_of_Persist_has_run()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.Persist("event", a.Note)));
        subject.Tell("command");

        ExpectAll("event", "command");
    }

    [StoreFact]
    public void What_a_handler_persists_goes_before_the_next_command()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.Persist("outer", e =>
        {
            a.Note(e);
            a.Persist("inner", a.Note);
        })));
        subject.Tell("command");

        ExpectAll("outer", "inner", "command");
    }

    [StoreFact]
    public void Handlers_run_in_the_order_of_their_events()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a =>
        {
            a.PersistAsync("1", a.Note);
            a.Persist("2", a.Note);
            a.DeferAsync("3", a.Note);
            a.PersistAll(["4", "5"], a.Note);
            a.PersistAllAsync(["6", "7"], a.Note);
        }));
        subject.Tell("command");

        ExpectAll("1", "2", "3", "4", "5");
        var rest = new[] { ExpectMsg<string>(), ExpectMsg<string>(), ExpectMsg<string>() };
        Assert.Equal(["6", "7"], rest.Where(text => text != "command"));
    }

    [StoreFact]
    public void The_sender_of_a_command_is_the_sender_in_its_handler()
    {
        var subject = Start("p", null, "recovered at 0");
        var other = CreateTestProbe();

        subject.Tell(Do(a => a.PersistAsync("event", e => a.Reply("reply to " + e))), other);
        subject.Tell(Do(a => a.Persist("event", e => a.Reply("reply to " + e))), TestActor);

        other.ExpectMsg("reply to event");
        ExpectMsg("reply to event");
    }

    [StoreFact]
    public void PersistAll_without_events_runs_no_handler_and_holds_nothing_up()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.PersistAll(Array.Empty<string>(), a.Note)));
        subject.Tell("command");

        ExpectMsg("command");
    }

    [StoreFact]
    public void DeferAsync_with_nothing_before_it_runs_at_once_and_is_not_written()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a =>
        {
            a.DeferAsync("deferred", a.Note);
            a.Note("after");
        }));
        ExpectAll("deferred", "after");
        Stop(subject);

        Start("p", null, "recovered at 0");
    }

    [StoreFact]
    public void The_sequence_number_counts_the_events()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.PersistAll(["a", "b", "c"], e => a.Note($"{e}{a.LastSequenceNr}"))));
        subject.Tell(Do(a => a.PersistAsync("d", e => a.Note($"{e}{a.LastSequenceNr}"))));

        ExpectAll("a1", "b2", "c3", "d4");
    }

    [StoreFact]
    public void A_handler_that_throws_restarts_the_actor_and_the_event_stays()
    {
        var subject = Start("p", null, "recovered at 0");

        subject.Tell(Do(a => a.Persist("event", _ => throw new InvalidOperationException("the handler throws"))));
        subject.Tell("command");

        ExpectAll("replayed event", "recovered at 1", "command");
    }

    [StoreFact]
    public void Events_of_other_persistence_ids_are_not_seen()
    {
        Persist(Start("p", null, "recovered at 0"), "mine");
        Persist(Start("q", null, "recovered at 0"), "theirs");

        Start("p", null, "replayed mine", "recovered at 1");
    }

    [StoreFact]
    public void Many_writers_at_once_each_keep_all_their_events_in_order()
    {
        const int Writers = 40, Events = 12;
        var subjects = Enumerable.Range(0, Writers).Select(i => Start("w" + i, null, "recovered at 0")).ToList();

        for (var e = 0; e < Events; e++)
            foreach (var subject in subjects)
            {
                var text = e.ToString();
                subject.Tell(e % 2 == 0 ? Do(a => a.Persist(text, a.Note)) : Do(a => a.PersistAsync(text, a.Note)));
            }

        foreach (var _ in Enumerable.Range(0, Writers * Events)) ExpectMsg<string>();
        foreach (var i in Enumerable.Range(0, Writers))
            Start("w" + i, null, [.. Enumerable.Range(0, Events).Select(e => "replayed " + e), "recovered at " + Events]);
    }
}
