using Iommu.Replay;

namespace Akka.TestKit.Internal;

/// <summary>Virtual time: the test's own thread runs the actors while it waits, and time passes only when none can run.</summary>
internal sealed class VirtualClock(DeterministicRuntime runtime) : TestClock
{
    public override TimeSpan Now => runtime.Elapsed;

    public override string Blocked =>
        $"\nDeterministic run, seed {runtime.Seed}, step {runtime.Steps}, virtual time {Now.TotalSeconds:F6}s. Who waits:\n"
        + runtime.WaitReport();

    /// <summary>Nothing waits on another thread.</summary>
    public override void Changed() { }

    public override ValueTask<bool> Until(Func<bool> condition, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromResult(condition());
        TimeSpan? limit = timeout == Timeout.InfiniteTimeSpan ? null : timeout;
        return ValueTask.FromResult(runtime.RunUntil(condition, limit, static () => "what the test waits for"));
    }

    public override ValueTask<bool> Until(Task task, TimeSpan timeout) => Until(() => task.IsCompleted, timeout, CancellationToken.None);

    public override Task Pass(TimeSpan duration, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        runtime.RunUntil(static () => false, duration, static () => "time to pass");
        return Task.CompletedTask;
    }
}
