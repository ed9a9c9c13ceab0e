using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Waits for what no message tells of.</summary>
public abstract partial class TestKitBase
{
    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, null, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, null, cancellationToken);

    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, message, cancellationToken);

    /// <summary>Asks again and again until the condition holds.</summary>
    /// <param name="max">How long; what is left of Within, or the default, where none is given.</param>
    /// <param name="interval">Between two questions; a tenth of <paramref name="max"/> where none is given.</param>
    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null,
        CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, interval, message, cancellationToken).GetAwaiter().GetResult();

    public Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, null, null, cancellationToken);

    public Task AwaitConditionAsync(
        Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, message, cancellationToken);

    public Task AwaitConditionAsync(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null,
        CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(() => Task.FromResult(conditionIsFulfilled()), max, interval, message, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, null, null, cancellationToken);

    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, null, cancellationToken);

    public async Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null,
        CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        if (await Fulfilled(conditionIsFulfilled, limit, interval ?? limit / 10, cancellationToken)) return;
        Fail("Timeout {0} expired while waiting for condition.{1} {2}", limit, message ?? "", _clock.Blocked);
    }

    /// <summary>Like AwaitCondition, but tells a failure by returning false.</summary>
    public bool AwaitConditionNoThrow(
        Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        Finished(AwaitConditionNoThrowAsync(conditionIsFulfilled, max, interval, cancellationToken));

    public Task<bool> AwaitConditionNoThrowAsync(
        Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        Fulfilled(() => Task.FromResult(conditionIsFulfilled()), max, interval ?? TimeSpan.FromMilliseconds(100), cancellationToken);

    public void AwaitAssert(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AwaitAssertAsync(assertion, duration, interval, cancellationToken).GetAwaiter().GetResult();

    public Task AwaitAssertAsync(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AwaitAssertAsync(
            () =>
            {
                assertion();
                return Task.CompletedTask;
            },
            duration, interval, cancellationToken);

    /// <summary>Asserts again and again until nothing is thrown; the last failure is the result when time is over.</summary>
    public async Task AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        var pause = interval ?? TimeSpan.FromMilliseconds(100);
        Spans.RequirePositiveFinite(pause, nameof(interval));
        var stop = _clock.Now + RemainingOrDilated(duration);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (_clock.Now + pause < stop)
            {
                await _clock.Pass(pause, cancellationToken);
            }
        }
    }

    private async Task<bool> Fulfilled(Func<Task<bool>> condition, TimeSpan max, TimeSpan interval, CancellationToken cancellationToken)
    {
        Spans.RequirePositiveFinite(max, nameof(max));
        var stop = _clock.Now + max;
        while (!await condition())
        {
            if (cancellationToken.IsCancellationRequested || _clock.Now > stop) return false;
            var left = stop - _clock.Now + TimeSpan.FromTicks(1);
            await _clock.Pass(Spans.Min(left, interval), cancellationToken);
        }

        return true;
    }
}
