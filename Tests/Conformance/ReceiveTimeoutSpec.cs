using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class ReceiveTimeoutSpec : Spec
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(50);

    public ReceiveTimeoutSpec() : this("") { }

    protected ReceiveTimeoutSpec(string config) : base(config) { }

    [Fact]
    public void Silence_is_told_again_and_again()
    {
        var actor = Create();

        actor.Tell(new Set(Quiet));

        ExpectMsg("timeout");
        ExpectMsg("timeout");
    }

    [Fact]
    public void A_message_starts_the_time_anew()
    {
        var actor = Create();
        actor.Tell(new Set(TimeSpan.FromSeconds(2)));

        for (var i = 0; i < 13; i++)
        {
            ExpectNoMsg(TimeSpan.FromMilliseconds(200));
            actor.Tell("influence");
        }

        ExpectMsg("timeout");
    }

    [Fact]
    public void A_message_that_does_not_influence_it_leaves_the_time_running()
    {
        var actor = Create();
        actor.Tell(new Set(TimeSpan.FromSeconds(2)));

        ExpectNoMsg(TimeSpan.FromMilliseconds(1500));
        actor.Tell(new Transparent());

        ExpectMsg("timeout", TimeSpan.FromMilliseconds(1500));
    }

    [Fact]
    public void Null_ends_it()
    {
        var actor = Create();

        actor.Tell(new Set(Quiet));
        actor.Tell(new Set(null));

        ExpectNoMsg(Quiet * 3);
    }

    private IActorRef Create() => Sys.ActorOf(Props.Create(() => new Waiting(TestActor)));

    private sealed record Set(TimeSpan? Timeout);

    private sealed record Transparent : INotInfluenceReceiveTimeout;

    private sealed class Waiting(IActorRef listener) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Set set) Context.SetReceiveTimeout(set.Timeout);
            if (message is ReceiveTimeout) listener.Tell("timeout");
        }
    }
}
