using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class SelectionSpec : Spec
{
    public SelectionSpec() : this("") { }

    protected SelectionSpec(string config) : base(config) { }

    [Fact]
    public void An_actor_answers_Identify_with_itself()
    {
        var actor = Sys.ActorOf<Silent>();

        actor.Tell(new Identify("question"));

        var identity = ExpectMsg<ActorIdentity>();
        Assert.Equal(("question", actor), (identity.MessageId, identity.Subject));
    }

    [Fact]
    public void A_selection_reaches_the_actor_at_the_path()
    {
        var actor = Sys.ActorOf<Echo>("here");

        Sys.ActorSelection("/user/here").Tell("x", TestActor);

        ExpectMsgFrom(actor, "x");
    }

    [Fact]
    public void Identify_by_a_selection_of_nobody_has_no_subject()
    {
        Sys.ActorSelection("/user/nowhere").Tell(new Identify(1), TestActor);

        Assert.Null(ExpectMsg<ActorIdentity>().Subject);
    }

    [Fact]
    public void ResolveOne_gives_the_actor_or_fails()
    {
        var actor = Sys.ActorOf<Echo>("here");

        Assert.Equal(actor, Result(Sys.ActorSelection("/user/here").ResolveOne(TimeSpan.FromSeconds(3))));
        Failure<ActorNotFoundException>(Sys.ActorSelection("/user/nowhere").ResolveOne(TimeSpan.FromSeconds(3)));
    }
}
