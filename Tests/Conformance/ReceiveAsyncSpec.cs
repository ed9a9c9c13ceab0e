using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class ReceiveAsyncSpec : Spec
{
    public ReceiveAsyncSpec() : this("") { }

    protected ReceiveAsyncSpec(string config) : base(config) { }

    [Fact]
    public void An_awaiting_actor_takes_no_other_message()
    {
        var slow = Sys.ActorOf(Props.Create(() => new Awaiting(Sys.ActorOf(Props.Create<Echo>(), null))));

        slow.Tell("a");
        slow.Tell("b");

        Assert.Equal(["a begins", "a ends", "b begins", "b ends"], ReceiveN(4));
    }

    [Fact]
    public void Self_Sender_and_state_are_the_same_after_an_await()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(Sys.ActorOf(Props.Create<Echo>(), null))));
        var probe = CreateTestProbe();

        actor.Tell("x", probe.Ref);

        probe.ExpectMsgFrom(actor, "x begins");
        probe.ExpectMsgFrom(actor, "x ends");
    }

    [Fact]
    public void An_exception_after_an_await_restarts_the_actor()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(Sys.ActorOf(Props.Create<Echo>(), null))));

        actor.Tell("a");
        actor.Tell("fail");
        actor.Tell("count");

        Assert.Equal(["a begins", "a ends", "fail begins"], ReceiveN(3));
        ExpectMsg(0);
    }

    [Fact]
    public void A_stop_does_not_wait_for_the_end_of_the_handler_which_never_comes()
    {
        var gate = Sys.ActorOf<Gatekeeper>();
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(gate)));
        Watch(actor);
        actor.Tell("a");
        ExpectMsg("a begins");

        Sys.Stop(actor);
        ExpectTerminated(actor);
        gate.Tell("open");

        ExpectNoMsg(Moment);
    }

    [Fact]
    public void Ask_in_a_handler_may_be_awaited_again_and_again()
    {
        var echo = Sys.ActorOf<Echo>();
        var actor = Sys.ActorOf(Props.Create(() => new Summing(echo)));

        actor.Tell(10);

        ExpectMsg(55);
    }

    private sealed class Awaiting : ReceiveActor
    {
        private int _count;

        public Awaiting(IActorRef other)
        {
            Receive<string>(m => m == "count", _ => Sender.Tell(_count));
            ReceiveAsync<string>(async message =>
            {
                _count++;
                Sender.Tell($"{message} begins");
                var answer = await other.Ask<string>(message, TimeSpan.FromSeconds(3));
                if (message == "fail") throw new Fault(message);
                Sender.Tell($"{answer} ends");
            });
        }
    }

    private sealed class Gatekeeper : UntypedActor
    {
        private (IActorRef Sender, object Message)? _waiting;

        protected override void OnReceive(object message)
        {
            if (message is "open") _waiting!.Value.Sender.Tell(_waiting.Value.Message);
            else _waiting = (Sender, message);
        }
    }

    private sealed class Summing : ReceiveActor
    {
        public Summing(IActorRef echo) => ReceiveAsync<int>(async n =>
        {
            var sum = 0;
            for (var i = 1; i <= n; i++) sum += await echo.Ask<int>(i, TimeSpan.FromSeconds(3));
            Sender.Tell(sum);
        });
    }
}
