using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class MessageOrderSpec : Spec
{
    public MessageOrderSpec() : this("") { }

    protected MessageOrderSpec(string config) : base(config) { }

    [Fact]
    public void Messages_of_one_sender_arrive_in_the_order_of_sending()
    {
        var echo = Sys.ActorOf<Echo>();

        for (var i = 0; i < 100; i++) echo.Tell(i);

        Assert.Equal(Enumerable.Range(0, 100).Cast<object>(), ReceiveN(100));
    }

    [Fact]
    public void Each_of_two_senders_keeps_its_own_order()
    {
        var senders = new[] { 'a', 'b' }.Select(name => Sys.ActorOf(Props.Create(() => new Counting(name, TestActor)))).ToList();

        foreach (var sender in senders) sender.Tell("go");

        var received = ReceiveN(40).Cast<string>().ToList();
        foreach (var name in "ab") Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{name}{i}"), received.Where(m => m[0] == name));
    }

    [Fact]
    public void Forward_keeps_the_sender()
    {
        var forwarder = Sys.ActorOf(Props.Create(() => new Forwarding(TestActor)));
        var probe = CreateTestProbe();

        forwarder.Tell("x", probe.Ref);

        ExpectMsgFrom(probe.Ref, "x");
    }

    [Fact]
    public void A_message_to_itself_arrives_after_those_already_there()
    {
        var actor = Sys.ActorOf(Props.Create(() => new SelfTelling(TestActor)));

        actor.Tell("first");
        actor.Tell("second");

        ExpectMsgAllOf("first", "second", "again");
    }

    private sealed class Counting(char name, IActorRef receiver) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            for (var i = 0; i < 20; i++) receiver.Tell($"{name}{i}");
        }
    }

    private sealed class Forwarding(IActorRef receiver) : UntypedActor
    {
        protected override void OnReceive(object message) => receiver.Forward(message);
    }

    private sealed class SelfTelling(IActorRef receiver) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            receiver.Tell(message);
            if (message is "first") Self.Tell("again");
        }
    }
}
