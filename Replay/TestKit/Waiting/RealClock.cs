using System.Diagnostics;

namespace Akka.TestKit.Internal;

/// <summary>Real time: actors run on the thread pool while the test waits.</summary>
internal sealed class RealClock : TestClock
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private TaskCompletionSource _change = NewChange();

    public override TimeSpan Now => Stopwatch.GetElapsedTime(_started);

    public override void Changed() => Interlocked.Exchange(ref _change, NewChange()).TrySetResult();

    public override async ValueTask<bool> Until(Func<bool> condition, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : Now + timeout;
        while (true)
        {
            // Taken before the condition is asked: a change in between completes it.
            var change = Volatile.Read(ref _change).Task;
            if (condition()) return true;
            var left = deadline - Now;
            if (left <= TimeSpan.Zero || cancellationToken.IsCancellationRequested) return false;
            await Ended(change, left, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask<bool> Until(Task task, TimeSpan timeout) =>
        task.IsCompleted || await Ended(task, timeout, CancellationToken.None).ConfigureAwait(false);

    public override Task Pass(TimeSpan duration, CancellationToken cancellationToken) => Task.Delay(duration, cancellationToken);

    private static async Task<bool> Ended(Task task, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var limit = timeout > TimeSpan.FromDays(24) ? Timeout.InfiniteTimeSpan : timeout;
        var first = await Task.WhenAny(task, Task.Delay(limit, stop.Token)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        return first == task;
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
