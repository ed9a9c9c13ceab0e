using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class AskSpec : Spec
{
    public AskSpec() : this("") { }

    protected AskSpec(string config) : base(config) { }

    [Fact]
    public void The_reply_is_the_result()
    {
        var echo = Sys.ActorOf<Echo>();

        Assert.Equal("x", Result(echo.Ask<string>("x", TimeSpan.FromSeconds(3))));
    }

    [Fact]
    public void Many_asks_at_once_get_each_its_own_reply()
    {
        var echo = Sys.ActorOf<Echo>();

        var asks = Enumerable.Range(0, 50).Select(i => echo.Ask<int>(i, TimeSpan.FromSeconds(3))).ToList();

        Assert.Equal(Enumerable.Range(0, 50), asks.Select(Result));
    }

    [Fact]
    public void No_reply_in_time_is_an_AskTimeoutException()
    {
        var silent = Sys.ActorOf<Silent>();

        Failure<AskTimeoutException>(silent.Ask<string>("x", Moment));
    }

    [Fact]
    public void A_failure_status_faults_the_task_with_its_cause()
    {
        var failing = Sys.ActorOf(Props.Create(() => new Answering(new Status.Failure(new Fault("cause")))));

        Assert.Equal("cause", Failure<Fault>(failing.Ask<string>("x", TimeSpan.FromSeconds(3))).Message);
    }

    [Fact]
    public void An_untyped_ask_gets_the_failure_status_as_its_reply()
    {
        var failing = Sys.ActorOf(Props.Create(() => new Answering(new Status.Failure(new Fault("cause")))));

        Assert.IsType<Status.Failure>(Result(failing.Ask("x", TimeSpan.FromSeconds(3))));
    }

    [Fact]
    public void A_reply_of_another_type_is_an_ArgumentException()
    {
        var echo = Sys.ActorOf<Echo>();

        Failure<ArgumentException>(echo.Ask<int>("not a number", TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void Cancellation_cancels_the_task()
    {
        var silent = Sys.ActorOf<Silent>();
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Failure<OperationCanceledException>(silent.Ask<string>("x", Timeout.InfiniteTimeSpan, cancellation.Token));
    }

    [Fact]
    public void A_second_reply_goes_to_dead_letters()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Akka.Event.DeadLetter));
        var twice = Sys.ActorOf<Twice>();

        Assert.Equal("x", Result(twice.Ask<string>("x", TimeSpan.FromSeconds(3))));

        Assert.Equal("x", ExpectMsg<Akka.Event.DeadLetter>().Message);
    }

    [Fact]
    public void The_sender_of_an_ask_is_of_its_own()
    {
        var actor = Sys.ActorOf<WhoAsks>();

        Assert.NotEqual(TestActor.Path, Result(actor.Ask<ActorPath>("x", TimeSpan.FromSeconds(3))));
    }

    [Fact]
    public void An_actor_may_ask_another_and_pipe_the_reply_to_itself()
    {
        var echo = Sys.ActorOf<Echo>();
        var asking = Sys.ActorOf(Props.Create(() => new Asking(echo)));

        asking.Tell("question");

        ExpectMsg("question!");
    }

    [Fact]
    public void Ask_a_stopped_actor_times_out()
    {
        var actor = Sys.ActorOf<Echo>();
        Stop(actor);

        Failure<AskTimeoutException>(actor.Ask<string>("x", Moment));
    }

    private sealed class Answering(object answer) : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(answer);
    }

    private sealed class Twice : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            Sender.Tell(message);
            Sender.Tell(message);
        }
    }

    private sealed class WhoAsks : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(Sender.Path);
    }

    private sealed class Asking : ReceiveActor
    {
        public Asking(IActorRef other)
        {
            Receive<string>(question =>
            {
                var asker = Sender;
                other.Ask<string>(question, TimeSpan.FromSeconds(3)).PipeTo(Self, success: answer => (asker, answer));
            });
            Receive<(IActorRef Asker, string Answer)>(reply => reply.Asker.Tell(reply.Answer + "!"));
        }
    }
}
