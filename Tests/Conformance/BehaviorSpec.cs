using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class BehaviorSpec : Spec
{
    public BehaviorSpec() : this("") { }

    protected BehaviorSpec(string config) : base(config) { }

    [Fact]
    public void Become_takes_effect_with_the_next_message()
    {
        var actor = Sys.ActorOf<Moods>();

        foreach (var message in new[] { "?", "angry", "?", "calm", "?" }) actor.Tell(message);

        ExpectMsg("calm");
        ExpectMsg("angry");
        ExpectMsg("calm");
    }

    [Fact]
    public void Unbecome_goes_back_to_the_behaviour_below()
    {
        var actor = Sys.ActorOf<Moods>();

        foreach (var message in new[] { "push", "?", "push", "?", "pop", "?", "pop", "?" }) actor.Tell(message);

        Assert.Equal(["stacked 1", "stacked 2", "stacked 1", "calm"], ReceiveN(4));
    }

    [Fact]
    public void Become_replaces_what_was_stacked()
    {
        var actor = Sys.ActorOf<Moods>();

        foreach (var message in new[] { "push", "push", "angry", "pop", "?" }) actor.Tell(message);

        ExpectMsg("stacked 1");
    }

    [Fact]
    public void A_restart_forgets_behaviours()
    {
        var actor = Sys.ActorOf<Moods>();

        foreach (var message in new[] { "angry", "fail", "?" }) actor.Tell(message);

        ExpectMsg("calm");
    }

    [Fact]
    public void The_first_handler_that_matches_is_taken()
    {
        var actor = Sys.ActorOf<Matching>();

        actor.Tell(5);
        actor.Tell(50);
        actor.Tell("text");

        Assert.Equal(["small", "number", "other"], ReceiveN(3));
    }

    private sealed class Moods : ReceiveActor
    {
        private int _depth;

        public Moods() => Calm();

        private void Calm()
        {
            Receive<string>(m => m == "?", _ => Sender.Tell("calm"));
            ReceiveAny(Change);
        }

        private void Angry()
        {
            Receive<string>(m => m == "?", _ => Sender.Tell("angry"));
            ReceiveAny(Change);
        }

        private void Stacked(int depth)
        {
            Receive<string>(m => m == "?", _ => Sender.Tell($"stacked {depth}"));
            ReceiveAny(Change);
        }

        private void Change(object message)
        {
            switch (message)
            {
                case "calm": Become(Calm); break;
                case "angry": Become(Angry); break;
                case "push":
                    var depth = ++_depth;
                    BecomeStacked(() => Stacked(depth));
                    break;
                case "pop": UnbecomeStacked(); break;
                default: throw new Fault("as told");
            }
        }
    }

    private sealed class Matching : ReceiveActor
    {
        public Matching()
        {
            Receive<int>(i => i < 10, _ => Sender.Tell("small"));
            Receive<int>(_ => Sender.Tell("number"));
            ReceiveAny(_ => Sender.Tell("other"));
        }
    }
}
