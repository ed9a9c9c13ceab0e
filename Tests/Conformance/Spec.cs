using Akka.Actor;

namespace Iommu.Tests.Conformance;

/// <summary>
/// Base of the specs that state Akka.NET's semantics. They use its API only and run on both runtimes; on Replay each runs in
/// deterministic mode too, in a subclass that gives the configuration. A spec waits through the test kit, never on a task by
/// itself: in deterministic mode the system moves only while the test kit waits.
/// </summary>
public abstract class Spec(string config) : Akka.TestKit.Xunit2.TestKit(Patient + config)
{
    // A message that does come is waited for as long as it takes on a machine that has other work.
    private const string Patient = "akka.test.single-expect-default = 20s\n";

    protected static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    /// <summary>Names the seed or the mode in what deterministic subclasses report.</summary>
    protected string Configuration { get; } = config;

    protected T Result<T>(Task<T> task)
    {
        Settle(task);
        return task.GetAwaiter().GetResult();
    }

    protected T Failure<T>(Task task) where T : Exception
    {
        Settle(task);
        Assert.True(task.IsFaulted || task.IsCanceled, $"the task should have failed, but is {task.Status}");
        return Assert.IsAssignableFrom<T>(Record.Exception(() => task.GetAwaiter().GetResult()));
    }

    protected void Stop(IActorRef actor)
    {
        Watch(actor);
        Sys.Stop(actor);
        ExpectTerminated(actor);
    }

    private void Settle(Task task) => AwaitCondition(() => task.IsCompleted, TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(5));
}
