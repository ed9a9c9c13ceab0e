using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Expectations on a set of messages whose order does not matter.</summary>
public abstract partial class TestKitBase
{
    /// <summary>The next message is one of these.</summary>
    public T ExpectMsgAnyOf<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgAnyOfAsync(messages, cancellationToken).AsTask());

    public async ValueTask<T> ExpectMsgAnyOfAsync<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default)
    {
        var max = RemainingOrDefault;
        var message = await ReceiveOneAsync(max, cancellationToken);
        if (message is null)
        {
            Fail("Timeout {0} during waiting for ExpectMsgAnyOf waiting for ({1}). {2}", max, string.Join(",", messages), _clock.Blocked);
        }

        _assertions.AssertTrue(message is T candidate && messages.Contains(candidate), "ExpectMsgAnyOf found unexpected {0}", message!);
        return (T)message!;
    }

    /// <summary>The next messages are these, in any order.</summary>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages) => All(RemainingOrDefault, messages, default);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        All(RemainingOrDefault, messages, cancellationToken);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, params T[] messages) =>
        ExpectMsgAllOf(max, (IReadOnlyCollection<T>)messages);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(
        TimeSpan max, IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default)
    {
        Spans.RequirePositiveFinite(max, nameof(max));
        return All(Dilated(max), messages, cancellationToken);
    }

    private IReadOnlyCollection<T> All<T>(TimeSpan max, IReadOnlyCollection<T> expected, CancellationToken cancellationToken)
    {
        var received = Finished(Receive(expected.Count, max, cancellationToken));
        var missing = expected.ToList();
        var unexpected = received.Where(m => m is not T candidate || !missing.Remove(candidate)).ToList();
        if (missing.Count + unexpected.Count > 0)
        {
            Fail("not found [{0}] found unexpected [{1}]", string.Join(", ", missing), string.Join(", ", unexpected));
        }

        return received.Cast<T>().ToList();
    }
}
