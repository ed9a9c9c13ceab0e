using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.TestKit.Xunit2;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>Base of the specs of persistence: an actor system whose actors are kept in a store.</summary>
public abstract class PersistenceSpec(Store store, string config) : Akka.TestKit.Xunit2.TestKit((Config)(config + Patience + store.Config))
{
    // A commit on a busy machine, and a first connection, take their time.
    private const string Patience = "\nakka.test.single-expect-default = 20s\n";

    protected Store Store => store;

    /// <summary>Starts an incarnation and, unless it is to fail, waits until it has recovered.</summary>
    protected IActorRef Start(string persistenceId, Recovery? recovery = null, params string[] replayed)
    {
        var subject = Create(persistenceId, recovery);
        foreach (var expected in replayed) ExpectMsg(expected);
        return subject;
    }

    protected IActorRef Create(string persistenceId, Recovery? recovery = null)
    {
        var (probe, how) = (TestActor, recovery ?? Recovery.Default);
        return Sys.ActorOf(Props.Create(() => new Subject(persistenceId, probe, how)));
    }

    protected static Action<Subject> Do(Action<Subject> act) => act;

    protected void Stop(IActorRef subject)
    {
        Watch(subject);
        subject.Tell(PoisonPill.Instance);
        ExpectTerminated(subject);
    }

    /// <summary>Persists one after the other, and waits for the handlers.</summary>
    protected void Persist(IActorRef subject, params string[] events)
    {
        foreach (var text in events)
        {
            subject.Tell(Do(a => a.Persist(text, a.Note)));
            ExpectMsg(text);
        }
    }

    protected void ExpectAll(params string[] messages)
    {
        foreach (var message in messages) ExpectMsg(message);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        store.Dispose();
    }
}
