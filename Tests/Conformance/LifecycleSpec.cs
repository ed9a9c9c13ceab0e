using Akka.Actor;
using Akka.Event;

namespace Iommu.Tests.Conformance;

public class LifecycleSpec : Spec
{
    public LifecycleSpec() : this("") { }

    protected LifecycleSpec(string config) : base(config) { }

    [Fact]
    public void Children_stop_before_their_parent()
    {
        var probe = CreateTestProbe();
        var parent = Sys.ActorOf(Props.Create(() => new Family(2, probe.Ref, 0)));
        probe.ExpectMsg("0 up");

        Sys.Stop(parent);

        Assert.Equal(["2 down", "1 down", "0 down"], probe.ReceiveN(3));
    }

    [Fact]
    public void A_poison_pill_is_taken_in_turn()
    {
        var actor = Sys.ActorOf<Echo>();
        Watch(actor);

        actor.Tell("before");
        actor.Tell(PoisonPill.Instance);
        actor.Tell("after");

        ExpectMsg("before");
        ExpectTerminated(actor);
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void Stop_does_not_wait_for_the_mailbox()
    {
        var actor = Sys.ActorOf(Props.Create(() => new StopsFirst()));
        Watch(actor);

        actor.Tell("stop");
        actor.Tell("never taken");

        ExpectTerminated(actor);
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void What_a_stopped_actor_had_not_taken_goes_to_dead_letters()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        var actor = Sys.ActorOf(Props.Create(() => new StopsFirst()));

        actor.Tell("stop");
        actor.Tell("late");

        var letter = ExpectMsg<DeadLetter>();
        Assert.Equal(("late", TestActor, actor), (letter.Message, letter.Sender, letter.Recipient));
    }

    [Fact]
    public void A_message_to_a_stopped_actor_goes_to_dead_letters()
    {
        var actor = Sys.ActorOf<Echo>();
        Stop(actor);
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        actor.Tell("too late");

        Assert.Equal("too late", ExpectMsg<DeadLetter>().Message);
    }

    [Fact]
    public void A_name_is_taken_while_its_actor_lives()
    {
        Sys.ActorOf<Echo>("one");

        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf<Echo>("one"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("$a")]
    [InlineData("a b")]
    public void A_name_with_a_wrong_character_is_refused(string name) =>
        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf(Props.Create<Echo>(), name));

    [Fact]
    public void A_name_is_free_when_the_parent_has_taken_note_of_the_end()
    {
        var parent = Sys.ActorOf<Reuse>();

        parent.Tell("go");

        var (first, second) = ExpectMsg<(IActorRef, IActorRef)>();
        Assert.Equal(first.Path, second.Path);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Paths_show_the_tree()
    {
        var actor = Sys.ActorOf<Echo>("shown");

        Assert.Equal("/user/shown", actor.Path.ToStringWithoutAddress());
        Assert.Equal($"akka://{Sys.Name}/user/shown", actor.Path.ToString());
        Assert.Equal("shown", actor.Path.Name);
        Assert.Equal("user", actor.Path.Parent.Name);
    }

    [Fact]
    public void A_started_actor_has_run_PreStart_before_its_first_message()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Supervised("it", TestActor)));
        actor.Tell("count");

        ExpectMsg("it PreStart");
        ExpectMsg(1);
    }

    [Fact]
    public void Context_knows_children_by_name()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Family(1, TestActor, 0)));
        ExpectMsg("0 up");

        actor.Tell("children");

        ExpectMsg("1");
        ExpectMsg("nobody");
    }

    private sealed class Family(int depth, IActorRef listener, int level) : UntypedActor
    {
        protected override void PreStart()
        {
            if (depth > 0) Context.ActorOf(Props.Create(() => new Family(depth - 1, listener, level + 1)), $"{level + 1}");
            if (level == 0) listener.Tell("0 up");
        }

        protected override void PostStop() => listener.Tell($"{level} down");

        protected override void OnReceive(object message)
        {
            Sender.Tell(Context.GetChildren().Single().Path.Name);
            Sender.Tell(Context.Child("unknown").IsNobody() ? "nobody" : "somebody");
        }
    }

    private sealed class StopsFirst : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "stop") Context.Stop(Self);
            else Sender.Tell(message);
        }
    }

    private sealed class Reuse : UntypedActor
    {
        private IActorRef? _first;
        private IActorRef? _asker;

        protected override void OnReceive(object message)
        {
            if (message is Terminated)
            {
                _asker!.Tell((_first!, Context.ActorOf(Props.Create<Echo>(), "child")));
                return;
            }

            _asker = Sender;
            _first = Context.Watch(Context.ActorOf(Props.Create<Echo>(), "child"));
            Context.Stop(_first);
        }
    }
}
