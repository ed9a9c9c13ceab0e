using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class DeathWatchSpec : Spec
{
    public DeathWatchSpec() : this("") { }

    protected DeathWatchSpec(string config) : base(config) { }

    [Fact]
    public void A_watcher_is_told_once_of_the_end()
    {
        var actor = Sys.ActorOf<Echo>();
        Watch(actor);
        Watch(actor);

        Sys.Stop(actor);

        var terminated = ExpectTerminated(actor);
        Assert.True(terminated.ExistenceConfirmed);
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void Every_watcher_is_told()
    {
        var actor = Sys.ActorOf<Echo>();
        var probes = new[] { CreateTestProbe(), CreateTestProbe() };
        foreach (var probe in probes) probe.Watch(actor);

        actor.Tell(PoisonPill.Instance);

        foreach (var probe in probes) probe.ExpectTerminated(actor);
    }

    [Fact]
    public void Who_watches_an_actor_that_has_ended_is_told_at_once()
    {
        var actor = Sys.ActorOf<Echo>();
        Stop(actor);
        var probe = CreateTestProbe();

        probe.Watch(actor);

        probe.ExpectTerminated(actor);
    }

    [Fact]
    public void Who_watches_what_never_was_is_told_so()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Watcher(TestActor)));

        actor.Tell("watch /user/nowhere");

        ExpectMsg(false);
    }

    [Fact]
    public void After_unwatch_nothing_comes()
    {
        var actor = Sys.ActorOf<Echo>();
        Watch(actor);
        Unwatch(actor);

        Sys.Stop(actor);

        ExpectNoMsg(Moment);
    }

    [Fact]
    public void Unwatch_takes_back_a_notice_that_is_already_in_the_mailbox()
    {
        var watched = Sys.ActorOf<Echo>();
        var watcher = Sys.ActorOf(Props.Create(() => new Watcher(TestActor)));
        watcher.Tell(watched);
        ExpectMsg("watching");
        var probe = CreateTestProbe();
        probe.Watch(watched);
        watcher.Tell(new Pause(probe.Ref, watched));

        ExpectMsg("unwatched");
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void WatchWith_brings_a_message_of_ones_own()
    {
        var watched = Sys.ActorOf<Echo>();
        var watcher = Sys.ActorOf(Props.Create(() => new Watcher(TestActor)));
        watcher.Tell((watched, "gone"));
        ExpectMsg("watching");

        Sys.Stop(watched);

        ExpectMsg("gone");
    }

    [Fact]
    public void A_watcher_that_does_not_handle_the_end_ends_too()
    {
        var watched = Sys.ActorOf<Echo>();
        var watcher = Sys.ActorOf(Props.Create(() => new Bound()));
        watcher.Tell(watched);
        ExpectMsg("watching");
        Watch(watcher);

        EventFilter.Exception<DeathPactException>().ExpectOne(() => Sys.Stop(watched));

        // The default strategy stops a child that dies of its death pact.
        ExpectTerminated(watcher);
    }

    [Fact]
    public void The_last_message_of_an_actor_comes_before_its_end()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Supervised("it", TestActor)));
        ExpectMsg("it PreStart");
        Watch(actor);

        actor.Tell("stop");

        ExpectMsg("it PostStop");
        ExpectTerminated(actor);
    }

    private sealed record Pause(IActorRef Probe, IActorRef Watched);

    private sealed class Watcher(IActorRef listener) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case string path when path.StartsWith("watch ", StringComparison.Ordinal):
                    Context.Watch(((ExtendedActorSystem)Context.System).Provider.ResolveActorRef(
                        $"akka://{Context.System.Name}{path["watch ".Length..]}"));
                    break;
                case IActorRef watched:
                    Context.Watch(watched);
                    Sender.Tell("watching");
                    break;
                case (IActorRef watched, object notice):
                    Context.WatchWith(watched, notice);
                    Sender.Tell("watching");
                    break;
                case Pause pause:
                    Context.Stop(pause.Watched);
                    Context.Unwatch(pause.Watched);
                    Sender.Tell("unwatched");
                    break;
                case Terminated terminated:
                    listener.Tell(terminated.ExistenceConfirmed);
                    break;
                default:
                    listener.Tell(message);
                    break;
            }
        }
    }

    private sealed class Bound : ReceiveActor
    {
        public Bound() => Receive<IActorRef>(watched =>
        {
            Context.Watch(watched);
            Sender.Tell("watching");
        });
    }
}
