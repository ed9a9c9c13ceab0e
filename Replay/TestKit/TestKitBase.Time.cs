using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>How long an expectation may take.</summary>
public abstract partial class TestKitBase
{
    private TimeSpan? _end;
    private bool _lastWasNoMsg;

    /// <summary>What is left of the Within around the call.</summary>
    /// <exception cref="InvalidOperationException">There is no Within around the call.</exception>
    public TimeSpan Remaining => _end is null
        ? throw new InvalidOperationException("Remaining may not be called outside of \"within\"")
        : RemainingOr(TimeSpan.Zero);

    /// <summary>What is left of the Within around the call; outside any, the default of a single expectation.</summary>
    public TimeSpan RemainingOrDefault => RemainingOr(Dilated(TestKitSettings.SingleExpectDefault));

    /// <summary>The duration times the configured factor.</summary>
    public TimeSpan Dilated(TimeSpan duration) => duration < TimeSpan.Zero
        ? throw new ArgumentException("Must not be negative", nameof(duration))
        : new TimeSpan((long)(duration.Ticks * TestKitSettings.TestTimeFactor));

    public TimeSpan RemainingOrDilated(TimeSpan? duration) => duration is { } given ? Dilated(given) : RemainingOrDefault;

    /// <summary>Limits every expectation in the block, and the block itself, to the duration.</summary>
    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, action, null, epsilonValue, cancellationToken);

    /// <summary>The block must take at least <paramref name="min"/> and at most <paramref name="max"/>.</summary>
    public void Within(
        TimeSpan min, TimeSpan max, Action action, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default) => Within(min, max, Returning(action), hint, epsilonValue, cancellationToken);

    public T Within<T>(TimeSpan max, Func<T> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    public T Within<T>(
        TimeSpan min, TimeSpan max, Func<T> function, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default) =>
        Finished(WithinAsync(min, max, () => Task.FromResult(function()), hint, epsilonValue, cancellationToken));

    public Task WithinAsync(
        TimeSpan max, Func<Task> actionAsync, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        WithinAsync(TimeSpan.Zero, max, actionAsync, null, epsilonValue, cancellationToken);

    public Task WithinAsync(
        TimeSpan min, TimeSpan max, Func<Task> actionAsync, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default) =>
        WithinAsync(min, max, Returning(actionAsync), hint, epsilonValue, cancellationToken);

    public Task<T> WithinAsync<T>(
        TimeSpan max, Func<Task<T>> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        WithinAsync(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    public async Task<T> WithinAsync<T>(
        TimeSpan min, TimeSpan max, Func<Task<T>> function, string? hint = null, TimeSpan? epsilonValue = null,
        CancellationToken cancellationToken = default)
    {
        Spans.RequirePositiveFinite(min, nameof(min));
        Spans.RequirePositiveFinite(max, nameof(max));
        var start = _clock.Now;
        var limit = Spans.Min(Dilated(max), _end is { } end ? end - start : Timeout.InfiniteTimeSpan);
        _assertions.AssertTrue(limit >= min, "Required min time {0} not possible, only {1} left. {2}", min, limit, hint ?? "");
        _lastWasNoMsg = false;
        var result = await Limited(start + limit, function);
        cancellationToken.ThrowIfCancellationRequested();
        var elapsed = _clock.Now - start;
        if (elapsed < min) Fail("Failed: Block took {0}, should have at least been {1}. {2}", elapsed, min, hint ?? "");
        if (!_lastWasNoMsg && elapsed > limit + (epsilonValue ?? TimeSpan.Zero))
        {
            Fail("Failed: Block took {0}, exceeding {1}. {2}", elapsed, limit, hint ?? "");
        }

        return result;
    }

    private static Func<bool> Returning(Action action) => () =>
    {
        action();
        return true;
    };

    private static Func<Task<bool>> Returning(Func<Task> action) => async () =>
    {
        await action();
        return true;
    };

    protected TimeSpan RemainingOr(TimeSpan duration)
    {
        if (_end is not { } end) return duration;
        var remaining = end - _clock.Now;
        return remaining < TimeSpan.Zero ? TimeSpan.Zero : remaining;
    }

    private async Task<T> Limited<T>(TimeSpan end, Func<Task<T>> function)
    {
        var around = _end;
        _end = end;
        try
        {
            var task = function();

            // An expectation in the block reports its own failure at its end: leave it the moment to do so.
            if (!await _clock.Until(task, end - _clock.Now + TimeSpan.FromMilliseconds(200)))
            {
                Fail("Failed: Block is not done after {0}. {1}", end - _clock.Now, _clock.Blocked);
            }

            return await task;
        }
        finally
        {
            _end = around;
        }
    }

    internal void Fail(string format, params object[] args) => _assertions.Fail(format, args);
}
