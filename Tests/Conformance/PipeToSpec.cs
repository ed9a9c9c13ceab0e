using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class PipeToSpec : Spec
{
    public PipeToSpec() : this("") { }

    protected PipeToSpec(string config) : base(config) { }

    [Fact]
    public void A_result_is_sent_as_it_is()
    {
        Task.FromResult("done").PipeTo(TestActor);

        ExpectMsg("done");
    }

    [Fact]
    public void A_failure_is_sent_as_a_failure_status()
    {
        Task.FromException<string>(new Fault("x")).PipeTo(TestActor);

        Assert.Equal("x", Assert.IsType<Fault>(ExpectMsg<Status.Failure>().Cause).Message);
    }

    [Fact]
    public void Success_and_failure_may_be_given_another_form()
    {
        Task.FromResult(1).PipeTo(TestActor, success: i => $"got {i}");
        ExpectMsg("got 1");

        Task.FromException<int>(new Fault("x")).PipeTo(TestActor, failure: e => $"failed {e.GetBaseException().Message}");
        ExpectMsg("failed x");
    }

    [Fact]
    public void The_sender_is_the_one_that_is_named()
    {
        var probe = CreateTestProbe();

        Task.FromResult("done").PipeTo(TestActor, probe.Ref);

        ExpectMsgFrom(probe.Ref, "done");
    }

    [Fact]
    public void A_task_without_result_says_so_only_when_asked_to()
    {
        Task.CompletedTask.PipeTo(TestActor, success: () => "done");

        ExpectMsg("done");
    }

    [Fact]
    public void A_task_that_ends_later_is_piped_then()
    {
        var later = new TaskCompletionSource<string>();
        later.Task.PipeTo(TestActor);
        ExpectNoMsg(Moment);

        later.SetResult("done");

        ExpectMsg("done");
    }
}
