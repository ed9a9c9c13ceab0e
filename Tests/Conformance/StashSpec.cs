using Akka.Actor;
using Akka.Event;

namespace Iommu.Tests.Conformance;

public class StashSpec : Spec
{
    public StashSpec() : this("") { }

    protected StashSpec(string config) : base(config) { }

    [Fact]
    public void Stashed_messages_come_back_in_their_order_before_later_ones()
    {
        var actor = Sys.ActorOf<Gate>();

        foreach (var message in new[] { "a", "b", "open", "c" }) actor.Tell(message);

        Assert.Equal(["a", "b", "c"], ReceiveN(3));
    }

    [Fact]
    public void Unstash_brings_back_the_oldest_only()
    {
        var actor = Sys.ActorOf<Gate>();

        foreach (var message in new[] { "a", "b", "one" }) actor.Tell(message);

        ExpectMsg("a");
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void A_restart_brings_back_what_was_stashed()
    {
        var actor = Sys.ActorOf<Gate>();

        foreach (var message in new[] { "a", "b", "fail", "open" }) actor.Tell(message);

        Assert.Equal(["a", "b"], ReceiveN(2));
    }

    [Fact]
    public void Stashing_a_message_twice_is_an_error()
    {
        var actor = Sys.ActorOf<Gate>();

        actor.Tell("twice");

        ExpectMsg<IllegalActorStateException>();
    }

    [Fact]
    public void What_is_stashed_when_the_actor_stops_goes_to_dead_letters()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        var actor = Sys.ActorOf<Gate>();
        actor.Tell("a");
        actor.Tell(PoisonPill.Instance);

        Assert.Equal("a", FishForMessage<DeadLetter>(d => d.Message is "a").Message);
    }

    private sealed class Gate : ReceiveActor, IWithUnboundedStash
    {
        public Gate()
        {
            Receive<string>(m => m == "open", _ =>
            {
                Become(() => ReceiveAny(m => Sender.Tell(m)));
                Stash.UnstashAll();
            });
            Receive<string>(m => m == "one", _ =>
            {
                Become(() => ReceiveAny(m => Sender.Tell(m)));
                Stash.Unstash();
            });
            Receive<string>(m => m == "fail", _ => throw new Fault("as told"));
            Receive<string>(m => m == "twice", _ =>
            {
                Stash.Stash();
                Sender.Tell(Record.Exception(() => Stash.Stash()));
            });
            ReceiveAny(_ => Stash.Stash());
        }

        public IStash Stash { get; set; } = null!;
    }
}
