using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class TimersSpec : Spec
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(200);

    public TimersSpec() : this("") { }

    protected TimersSpec(string config) : base(config) { }

    [Fact]
    public void A_single_timer_fires_once()
    {
        var actor = Create();

        actor.Tell(new Start("key", "tick", Periodic: false));

        ExpectMsg("tick");
        ExpectNoMsg(Delay * 2);
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_cancelled()
    {
        var actor = Create();

        actor.Tell(new Start("key", "tick", Periodic: true));
        Assert.Equal(["tick", "tick", "tick"], ReceiveN(3));
        actor.Tell("cancel");
        FishForMessage(m => m is "cancelled");

        ExpectNoMsg(Delay * 2);
    }

    [Fact]
    public void A_timer_replaces_the_one_of_the_same_key()
    {
        var actor = Create();

        actor.Tell(new Start("key", "old", Periodic: false));
        actor.Tell(new Start("key", "new", Periodic: false));

        ExpectMsg("new");
        ExpectNoMsg(Delay * 2);
    }

    [Fact]
    public void Timers_of_two_keys_do_not_touch_each_other()
    {
        var actor = Create();

        actor.Tell(new Start("a", "1", Periodic: false));
        actor.Tell(new Start("b", "2", Periodic: false));

        ExpectMsgAllOf("1", "2");
    }

    [Fact]
    public void A_cancelled_timer_does_not_fire_even_when_its_message_is_already_in_the_mailbox()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Cancelling(Sys.ActorOf(Props.Create<Late>(), null), TestActor)));

        actor.Tell("go");

        ExpectMsg("cancelled");
        ExpectNoMsg(Delay * 2);
    }

    [Fact]
    public void A_restart_cancels_all_timers()
    {
        var actor = Create();

        actor.Tell(new Start("key", "tick", Periodic: false));
        actor.Tell("fail");

        ExpectMsg("restarted");
        ExpectNoMsg(Delay * 2);
    }

    [Fact]
    public void An_actor_knows_which_timers_run()
    {
        var actor = Create();

        actor.Tell("active?");
        ExpectMsg(false);
        actor.Tell(new Start("key", "tick", Periodic: true));
        actor.Tell("active?");

        Assert.True((bool)FishForMessage(m => m is bool));
    }

    private IActorRef Create() => Sys.ActorOf(Props.Create(() => new Timed(TestActor)));

    private sealed record Start(string Key, string Message, bool Periodic);

    private sealed class Timed(IActorRef listener) : UntypedActor, IWithTimers
    {
        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PostRestart(Exception reason) => listener.Tell("restarted");

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Start { Periodic: true } start: Timers.StartPeriodicTimer(start.Key, start.Message, Delay); break;
                case Start start: Timers.StartSingleTimer(start.Key, start.Message, Delay); break;
                case "cancel":
                    Timers.Cancel("key");
                    listener.Tell("cancelled");
                    break;
                case "active?": Sender.Tell(Timers.IsTimerActive("key")); break;
                case "fail": throw new Fault("as told");
                default: listener.Tell(message); break;
            }
        }
    }

    /// <summary>Its timer fires while it awaits a reply: when it cancels, the message is there but not taken.</summary>
    private sealed class Cancelling : ReceiveActor, IWithTimers
    {
        public Cancelling(IActorRef late, IActorRef listener)
        {
            ReceiveAsync<string>(m => m == "go", async _ =>
            {
                Timers.StartSingleTimer("key", "fired", TimeSpan.FromMilliseconds(20));
                await late.Ask<string>("reply", TimeSpan.FromSeconds(3));
                Timers.Cancel("key");
                Sender.Tell("cancelled");
            });
            ReceiveAny(listener.Tell);
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }

    private sealed class Late : UntypedActor
    {
        protected override void OnReceive(object message) =>
            Context.System.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(150), Sender, message, Self);
    }
}
