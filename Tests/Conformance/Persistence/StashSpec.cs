using Akka.Actor;
using Akka.Persistence;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>How the actor's own stash and the one that holds commands back while it persists work together.</summary>
public abstract class StashSpec(Store store, string config = "") : PersistenceSpec(store, config)
{
    [StoreFact]
    public void What_is_unstashed_comes_after_the_event_and_before_what_still_waits()
    {
        var subject = Start("p", null, "recovered at 0");

        foreach (var text in new[] { "1", "2" }) subject.Tell(Do(a => StashUnlessOpen(a, text)));
        subject.Tell(Do(a =>
        {
            Open = true;
            a.Stash.UnstashAll();
            a.Persist("event", a.Note);
        }));
        subject.Tell("3");

        ExpectAll("event", "1", "2", "3");
    }

    [StoreFact]
    public void Without_an_event_unstashed_commands_come_next()
    {
        var subject = Start("p", null, "recovered at 0");

        foreach (var text in new[] { "1", "2" }) subject.Tell(Do(a => StashUnlessOpen(a, text)));
        subject.Tell(Do(a =>
        {
            Open = true;
            a.Stash.UnstashAll();
            a.Note("opened");
        }));

        ExpectAll("opened", "1", "2");
    }

    [StoreFact]
    public void Commands_sent_while_the_actor_recovers_are_handled_in_order_afterwards()
    {
        Persist(Start("p", null, "recovered at 0"), "event");

        var again = Create("p");
        foreach (var text in new[] { "1", "2", "3" }) again.Tell(text);

        ExpectAll("replayed event", "recovered at 1", "1", "2", "3");
    }

    private bool Open { get; set; }

    private void StashUnlessOpen(Subject subject, string text)
    {
        if (Open) subject.Note(text);
        else subject.Stash.Stash();
    }
}
