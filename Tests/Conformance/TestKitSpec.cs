using Akka.Actor;
using Akka.TestKit;
using Xunit.Sdk;

namespace Iommu.Tests.Conformance;

public class TestKitSpec : Spec
{
    public TestKitSpec() : this("") { }

    protected TestKitSpec(string config) : base(config) { }

    [Fact]
    public void The_test_actor_is_the_sender_of_what_the_test_sends()
    {
        var echo = Sys.ActorOf<Echo>();

        echo.Tell("x");

        ExpectMsgFrom(echo, "x");
        Assert.Equal(echo, LastSender);
        Assert.Equal("x", LastMessage);
    }

    [Fact]
    public void A_missing_message_fails_with_the_type_and_the_hint()
    {
        var failure = Assert.ThrowsAny<XunitException>(() => ExpectMsg<string>(Moment, "the reply to Map"));

        Assert.Contains("System.String", failure.Message);
        Assert.Contains("the reply to Map", failure.Message);
    }

    [Fact]
    public void A_message_of_another_type_or_value_fails()
    {
        TestActor.Tell(1);
        Assert.ThrowsAny<XunitException>(() => ExpectMsg<string>());

        TestActor.Tell(1);
        Assert.ThrowsAny<XunitException>(() => ExpectMsg(2));

        TestActor.Tell(1);
        Assert.ThrowsAny<XunitException>(() => ExpectMsg<int>(i => i == 2));
    }

    [Fact]
    public void A_message_where_none_is_expected_fails()
    {
        TestActor.Tell("surprise");

        Assert.Contains("surprise", Assert.ThrowsAny<XunitException>(() => ExpectNoMsg(Moment)).Message);
    }

    [Fact]
    public void Sequences_are_equal_by_their_elements()
    {
        TestActor.Tell(new[] { 1, 2 });

        ExpectMsg(new[] { 1, 2 });
    }

    [Fact]
    public void All_of_several_messages_may_come_in_any_order()
    {
        foreach (var i in new[] { 3, 1, 2 }) TestActor.Tell(i);
        ExpectMsgAllOf(1, 2, 3);

        foreach (var i in new[] { 3, 1 }) TestActor.Tell(i);
        Assert.ThrowsAny<XunitException>(() => ExpectMsgAllOf(1, 2));
    }

    [Fact]
    public void Fishing_skips_what_does_not_match()
    {
        foreach (var i in new[] { 1, 2, 3 }) TestActor.Tell(i);

        Assert.Equal(3, FishForMessage<int>(i => i > 2));
        Assert.ThrowsAny<XunitException>(() => FishForMessage<int>(i => i > 2, Moment));
    }

    [Fact]
    public void ReceiveWhile_leaves_the_first_that_does_not_match()
    {
        foreach (var message in new object[] { "a", "b", 3 }) TestActor.Tell(message);

        Assert.Equal(["a", "b"], ReceiveWhile(m => m as string, TimeSpan.FromSeconds(1), Moment));
        ExpectMsg(3);
    }

    [Fact]
    public void Ignored_messages_do_not_count()
    {
        IgnoreMessages(m => m is "noise");
        TestActor.Tell("noise");
        TestActor.Tell("signal");
        ExpectMsg("signal");

        IgnoreNoMessages();
        TestActor.Tell("noise");
        ExpectMsg("noise");
    }

    [Fact]
    public void An_autopilot_answers_before_the_test_looks()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell($"{message}!", probe.Ref);
            return message is "last" ? AutoPilot.NoAutoPilot : AutoPilot.KeepRunning;
        }));

        foreach (var message in new[] { "first", "last", "after" }) probe.Ref.Tell(message, TestActor);

        Assert.Equal(["first!", "last!"], ReceiveN(2));
        Assert.Equal(["first", "last", "after"], probe.ReceiveN(3));
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void A_probe_replies_and_forwards()
    {
        var probe = CreateTestProbe();
        probe.Ref.Tell("question", TestActor);

        probe.ExpectMsg("question");
        probe.Reply("answer");
        probe.Forward(TestActor, "forwarded");

        ExpectMsgFrom(probe.Ref, "answer");
        ExpectMsgFrom(TestActor, "forwarded");
    }

    [Fact]
    public void Within_limits_the_expectations_in_it()
    {
        Assert.ThrowsAny<XunitException>(() => Within(Moment, () => ExpectMsg<string>()));

        TestActor.Tell("x");
        Assert.Equal("x", Within(TimeSpan.FromSeconds(1), () => ExpectMsg<string>()));
    }

    [Fact]
    public void A_block_that_takes_less_than_its_minimum_fails() =>
        Assert.ThrowsAny<XunitException>(() => Within(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), () => { }));

    [Fact]
    public void AwaitAssert_repeats_the_assertion_until_it_holds()
    {
        var attempts = 0;
        AwaitAssert(() => Assert.Equal(3, ++attempts), interval: TimeSpan.FromMilliseconds(10));

        Assert.ThrowsAny<XunitException>(() => AwaitAssert(() => Assert.Fail("never"), Moment, TimeSpan.FromMilliseconds(10)));
    }

    [Fact]
    public void AwaitCondition_says_what_it_waited_for_in_vain()
    {
        var failure = Assert.ThrowsAny<XunitException>(() => AwaitCondition(() => false, Moment, "the queue to drain"));

        Assert.Contains("the queue to drain", failure.Message);
        Assert.False(AwaitConditionNoThrow(() => false, Moment));
    }

    [Fact]
    public async Task Asynchronous_expectations_are_the_same()
    {
        var echo = Sys.ActorOf<Echo>();

        echo.Tell("x");
        await ExpectMsgAsync("x");
        await ExpectNoMsgAsync(Moment);
        echo.Tell("y");
        await ExpectMsgFromAsync<string>(echo);
        await WatchAsync(echo);
        echo.Tell(PoisonPill.Instance);
        await ExpectTerminatedAsync(echo);
    }

    [Fact]
    public async Task The_test_actor_is_the_sender_after_an_await_too()
    {
        var echo = Sys.ActorOf<Echo>();
        await Task.Yield();

        echo.Tell("x");

        ExpectMsgFrom(echo, "x");
    }
}
