using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class SupervisionSpec : Spec
{
    public SupervisionSpec() : this("") { }

    protected SupervisionSpec(string config) : base(config) { }

    [Fact]
    public void Resume_keeps_the_state()
    {
        var child = Child(new OneForOneStrategy(_ => Directive.Resume));

        child.Tell("count");
        child.Tell(new Fault("x"));
        child.Tell("count");

        Assert.Equal([1, 2], ReceiveN(2));
    }

    [Fact]
    public void Restart_loses_the_state_and_the_failed_message_but_keeps_the_mailbox()
    {
        var child = Child(new OneForOneStrategy(_ => Directive.Restart), listener: CreateTestProbe().Ref);

        child.Tell("count");
        child.Tell(new Fault("x"));
        child.Tell("count");
        child.Tell("count");

        Assert.Equal([1, 1, 2], ReceiveN(3));
    }

    [Fact]
    public void A_restart_calls_the_hooks_in_order()
    {
        var probe = CreateTestProbe();
        var child = Child(new OneForOneStrategy(_ => Directive.Restart), "child", probe.Ref);
        probe.ExpectMsg("child PreStart");

        child.Tell(new Fault("x"));

        Assert.Equal(["child PreRestart x", "child PostStop", "child PostRestart x", "child PreStart"], probe.ReceiveN(4));
    }

    [Fact]
    public void Stop_ends_the_child()
    {
        var probe = CreateTestProbe();
        var child = Child(new OneForOneStrategy(_ => Directive.Stop), "child", probe.Ref);
        Watch(child);

        child.Tell(new Fault("x"));

        ExpectTerminated(child);
        Assert.Equal(["child PreStart", "child PostStop"], probe.ReceiveN(2));
    }

    [Fact]
    public void Escalate_fails_the_supervisor_whose_restart_ends_its_children()
    {
        var probe = CreateTestProbe();
        var top = Sys.ActorOf(Props.Create(() => new Supervisor(new OneForOneStrategy(_ => Directive.Restart))));
        top.Tell(Props.Create(() => new Supervisor(new OneForOneStrategy(_ => Directive.Escalate))));
        var middle = ExpectMsg<IActorRef>();
        middle.Tell(Props.Create(() => new Supervised("child", probe.Ref)));
        var child = ExpectMsg<IActorRef>();
        Watch(child);
        Watch(middle);

        child.Tell(new Fault("x"));

        ExpectTerminated(child);
        middle.Tell(Props.Create(() => new Supervised("second", probe.Ref)));
        ExpectMsg<IActorRef>();
    }

    [Fact]
    public void A_child_that_fails_too_often_is_stopped()
    {
        var child = Child(new OneForOneStrategy(2, TimeSpan.FromMinutes(1), _ => Directive.Restart), listener: CreateTestProbe().Ref);
        Watch(child);

        child.Tell(new Fault("1"));
        child.Tell(new Fault("2"));
        child.Tell("count");
        ExpectMsg(1);
        child.Tell(new Fault("3"));

        ExpectTerminated(child);
    }

    [Fact]
    public void All_for_one_restarts_the_siblings()
    {
        var probe = CreateTestProbe();
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(new AllForOneStrategy(_ => Directive.Restart))));
        var children = new[] { "a", "b" }.Select(name =>
        {
            supervisor.Tell(Props.Create(() => new Supervised(name, probe.Ref)));
            return ExpectMsg<IActorRef>();
        }).ToList();
        probe.ExpectMsgAllOf("a PreStart", "b PreStart");

        children[0].Tell(new Fault("x"));

        probe.ExpectMsgAllOf("a PreRestart x", "a PostStop", "a PostRestart x", "a PreStart",
            "b PreRestart x", "b PostStop", "b PostRestart x", "b PreStart");
    }

    [Fact]
    public void By_default_a_failure_restarts()
    {
        var child = Child(SupervisorStrategy.DefaultStrategy, listener: CreateTestProbe().Ref);

        child.Tell("count");
        child.Tell(new Fault("x"));
        child.Tell("count");

        Assert.Equal([1, 1], ReceiveN(2));
    }

    [Fact]
    public void By_default_a_constructor_that_throws_stops_the_child()
    {
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(SupervisorStrategy.DefaultStrategy)));

        supervisor.Tell(Props.Create(() => new Stillborn()));

        Watch(ExpectMsg<IActorRef>());
        ExpectMsg<Terminated>();
    }

    [Fact]
    public void Kill_stops_the_child_by_default()
    {
        var child = Child(SupervisorStrategy.DefaultStrategy, listener: CreateTestProbe().Ref);
        Watch(child);

        child.Tell(Kill.Instance);

        ExpectTerminated(child);
    }

    [Fact]
    public void Kill_is_a_failure_that_a_strategy_may_answer_otherwise()
    {
        var child = Child(new OneForOneStrategy(e => e is ActorKilledException ? Directive.Resume : Directive.Stop));

        child.Tell("count");
        child.Tell(Kill.Instance);
        child.Tell("count");

        Assert.Equal([1, 2], ReceiveN(2));
    }

    [Fact]
    public void A_restart_stops_the_children_before_the_new_instance_starts()
    {
        var probe = CreateTestProbe();
        var parent = Sys.ActorOf(Props.Create(() => new Parent(probe.Ref)));
        Assert.Equal(["parent up", "child PreStart"], probe.ReceiveN(2).Order().Reverse());

        parent.Tell(new Fault("x"));

        probe.ExpectMsg("child PostStop");
        Assert.Equal(["parent up", "child PreStart"], probe.ReceiveN(2).Order().Reverse());
    }

    private IActorRef Child(SupervisorStrategy strategy, string name = "child", IActorRef? listener = null)
    {
        var told = listener ?? CreateTestProbe().Ref;
        var supervisor = Sys.ActorOf(Props.Create(() => new Supervisor(strategy)));
        supervisor.Tell(Props.Create(() => new Supervised(name, told)));
        return ExpectMsg<IActorRef>();
    }

    private sealed class Stillborn : UntypedActor
    {
        public Stillborn() => throw new Fault("at birth");

        protected override void OnReceive(object message) { }
    }

    private sealed class Parent(IActorRef listener) : UntypedActor
    {
        protected override void PreStart()
        {
            listener.Tell("parent up");
            Context.ActorOf(Props.Create(() => new Supervised("child", listener)), "child");
        }

        protected override void OnReceive(object message) => throw (Exception)message;
    }
}
