using Akka.Actor;
using Akka.Event;

namespace Iommu.Tests.Conformance;

public class EventStreamSpec : Spec
{
    public EventStreamSpec() : this("") { }

    protected EventStreamSpec(string config) : base(config) { }

    private interface INews;

    private record Event;

    private sealed record Special : Event, INews;

    [Fact]
    public void A_subscriber_gets_the_type_and_its_subclasses()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Event));

        Sys.EventStream.Publish(new Event());
        Sys.EventStream.Publish(new Special());
        Sys.EventStream.Publish("another type");

        ExpectMsg<Event>();
        ExpectMsg<Special>();
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void A_subscriber_to_an_interface_gets_what_implements_it()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(INews));

        Sys.EventStream.Publish(new Special());

        ExpectMsg<Special>();
    }

    [Fact]
    public void Two_subscriptions_that_match_bring_one_message()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Event));
        Sys.EventStream.Subscribe(TestActor, typeof(Special));

        Sys.EventStream.Publish(new Special());

        ExpectMsg<Special>();
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void After_unsubscribe_nothing_comes()
    {
        Assert.True(Sys.EventStream.Subscribe(TestActor, typeof(Event)));
        Assert.False(Sys.EventStream.Subscribe(TestActor, typeof(Event)));
        Assert.True(Sys.EventStream.Unsubscribe(TestActor, typeof(Event)));

        Sys.EventStream.Publish(new Event());

        ExpectNoMsg(Moment);
    }

    [Fact]
    public void An_unhandled_message_is_published()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(UnhandledMessage));
        var actor = Sys.ActorOf<Picky>();

        actor.Tell("unknown");

        var unhandled = ExpectMsg<UnhandledMessage>();
        Assert.Equal(("unknown", TestActor, actor), (unhandled.Message, unhandled.Sender, unhandled.Recipient));
    }

    [Fact]
    public void A_message_to_dead_letters_is_published_as_one()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        Sys.DeadLetters.Tell("lost", TestActor);

        var letter = ExpectMsg<DeadLetter>();
        Assert.Equal(("lost", TestActor), (letter.Message, letter.Sender));
    }

    private sealed class Picky : ReceiveActor
    {
        public Picky() => Receive<int>(_ => { });
    }
}
