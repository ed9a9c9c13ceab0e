using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>Puts filters in force around an action.</summary>
internal sealed class EventFilterApplier(TestKitBase testkit, ActorSystem system, IReadOnlyList<EventFilter> filters) : IEventFilterApplier
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    public EventFilterFactory And => new(testkit, system, filters);

    private TimeSpan Leeway => testkit.TestKitSettings.TestEventFilterLeeway;

    public void ExpectOne(Action action, CancellationToken cancellationToken = default) => Expect(1, action, cancellationToken);

    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Expect(1, timeout, action, cancellationToken);

    public T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default) => Expect(1, func, cancellationToken);

    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default) =>
        Around(expectedCount, Leeway, Returning(action), cancellationToken).GetAwaiter().GetResult();

    public void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Around(expectedCount, testkit.Dilated(timeout), Returning(action), cancellationToken).GetAwaiter().GetResult();

    public T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken = default) =>
        Around(expectedCount, Leeway, () => Task.FromResult(func()), cancellationToken).GetAwaiter().GetResult();

    public Task ExpectOneAsync(Func<Task> action, CancellationToken cancellationToken = default) =>
        ExpectAsync(1, action, cancellationToken);

    public Task ExpectOneAsync(TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default) =>
        ExpectAsync(1, timeout, action, cancellationToken);

    public Task ExpectAsync(int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken = default) =>
        Around(expectedCount, Leeway, Returning(actionAsync), cancellationToken);

    public Task ExpectAsync(int expectedCount, TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default) =>
        Around(expectedCount, testkit.Dilated(timeout), Returning(action), cancellationToken);

    public void Mute(Action action, CancellationToken cancellationToken = default) =>
        Around(null, Leeway, Returning(action), cancellationToken).GetAwaiter().GetResult();

    public T Mute<T>(Func<T> func, CancellationToken cancellationToken = default) =>
        Around(null, Leeway, () => Task.FromResult(func()), cancellationToken).GetAwaiter().GetResult();

    public Task MuteAsync(Func<Task> action, CancellationToken cancellationToken = default) =>
        Around(null, Leeway, Returning(action), cancellationToken);

    public IUnmutableFilter Mute() => new FilterInForce(system, filters, testkit.Clock);

    private static Func<Task<bool>> Returning(Action action) => () =>
    {
        action();
        return Task.FromResult(true);
    };

    private static Func<Task<bool>> Returning(Func<Task> action) => async () =>
    {
        await action();
        return true;
    };

    private async Task<T> Around<T>(int? expected, TimeSpan timeout, Func<Task<T>> action, CancellationToken cancellationToken)
    {
        using var inForce = new FilterInForce(system, filters, testkit.Clock);
        var result = await action();
        if (expected is { } count) await Await(inForce, count, timeout, cancellationToken);
        return result;
    }

    private async Task Await(FilterInForce inForce, int expected, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Nothing expected means that nothing may come during the whole wait.
        var enough = Math.Max(expected, 1);
        await testkit.AwaitConditionNoThrowAsync(() => inForce.Caught >= enough, timeout, Poll, cancellationToken);
        var caught = inForce.Caught;
        var names = string.Join(",", filters.Select(f => f.Description));
        if (caught < expected)
        {
            testkit.Fail($"Timeout ({timeout}) while waiting for messages. "
                + $"Only received {caught}/{expected} messages that matched filter [{names}]");
        }

        if (caught > expected)
        {
            testkit.Fail($"Received {caught - expected} messages too many. "
                + $"Expected {expected} but received {caught} that matched filter [{names}]");
        }
    }
}
