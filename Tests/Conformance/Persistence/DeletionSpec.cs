using Akka.Actor;
using Akka.Persistence;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>Deleting events.</summary>
public abstract class DeletionSpec(Store store, string config = "") : PersistenceSpec(store, config)
{
    [StoreFact]
    public void Deleted_events_are_not_replayed()
    {
        var subject = Start("p", null, "recovered at 0");
        Persist(subject, "a", "b", "c");
        Delete(subject, 2);

        Start("p", null, "replayed c", "recovered at 3");
    }

    [StoreFact]
    public void After_all_events_are_deleted_the_numbers_go_on()
    {
        var subject = Start("p", null, "recovered at 0");
        Persist(subject, "a", "b");
        Delete(subject, 2);

        var again = Start("p", null, "recovered at 2");
        again.Tell(Do(a => a.Persist("c", _ => a.Note("at " + a.LastSequenceNr))));
        ExpectMsg("at 3");
    }

    [StoreFact]
    public void Events_can_be_deleted_twice()
    {
        var subject = Start("p", null, "recovered at 0");
        Persist(subject, "a", "b", "c");
        Delete(subject, 1);
        Delete(subject, 2);

        Start("p", null, "replayed c", "recovered at 3");
    }

    [StoreFact]
    public void Deleting_what_is_not_yet_written_fails()
    {
        var subject = Start("p", null, "recovered at 0");
        Persist(subject, "a");

        subject.Tell(Do(a => a.DeleteMessages(2)));

        Assert.Equal(2, ExpectMsg<DeleteMessagesFailure>().ToSequenceNr);
    }

    private void Delete(IActorRef subject, long to)
    {
        subject.Tell(Do(a => a.DeleteMessages(to)));
        Assert.Equal(to, ExpectMsg<DeleteMessagesSuccess>().ToSequenceNr);
    }
}
