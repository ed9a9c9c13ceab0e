using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class SchedulerSpec : Spec
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(30);

    public SchedulerSpec() : this("") { }

    protected SchedulerSpec(string config) : base(config) { }

    [Fact]
    public void A_message_comes_once_and_from_the_sender_that_was_named()
    {
        var probe = CreateTestProbe();

        Sys.Scheduler.ScheduleTellOnce(Delay, TestActor, "x", probe.Ref);

        ExpectMsgFrom(probe.Ref, "x");
        ExpectNoMsg(Moment);
    }

    [Fact]
    public void A_cancelled_message_does_not_come()
    {
        var cancel = Sys.Scheduler.ScheduleTellOnceCancelable(Moment * 5, TestActor, "x", ActorRefs.NoSender);

        cancel.Cancel();

        Assert.True(cancel.IsCancellationRequested);
        ExpectNoMsg(Moment * 7);
    }

    [Fact]
    public void A_repeated_message_comes_until_it_is_cancelled()
    {
        var cancel = Sys.Scheduler.ScheduleTellRepeatedlyCancelable(Delay, Delay, TestActor, "x", ActorRefs.NoSender);

        Assert.Equal(["x", "x", "x"], ReceiveN(3));
        cancel.Cancel();
        ReceiveWhile<object>(m => m, TimeSpan.FromSeconds(1), Delay * 4);

        ExpectNoMsg(Moment);
    }

    [Fact]
    public void Earlier_times_come_first()
    {
        Sys.Scheduler.ScheduleTellOnce(Moment * 10, TestActor, "later", ActorRefs.NoSender);
        Sys.Scheduler.ScheduleTellOnce(Delay, TestActor, "earlier", ActorRefs.NoSender);

        Assert.Equal(["earlier", "later"], ReceiveN(2));
    }

    [Fact]
    public void An_action_runs_after_its_delay()
    {
        Sys.Scheduler.Advanced.ScheduleOnce(Delay, () => TestActor.Tell("ran"));

        ExpectMsg("ran");
    }
}
