using Akka.Actor;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Expectations on the next message.</summary>
public abstract partial class TestKitBase
{
    /// <summary>The next message is a T.</summary>
    /// <param name="duration">How long to wait; what is left of Within, or the default, where none is given.</param>
    /// <param name="hint">Said when the expectation fails.</param>
    public T ExpectMsg<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgAsync<T>(duration, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgAsync<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(duration, static (_, _) => { }, hint, cancellationToken);

    /// <summary>The next message is a T and equal to this one; sequences are compared by their elements.</summary>
    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgAsync(message, timeout, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgAsync<T>(
        T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, _) => _assertions.AssertEqual(message, m, hint ?? ""), hint, cancellationToken);

    public T ExpectMsg<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgAsync(isMessage, timeout, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgAsync<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, sender) => RequireMatch(isMessage(m), m, sender, hint), hint, cancellationToken);

    public T ExpectMsg<T>(
        Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgAsync(assert, timeout, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgAsync<T>(
        Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, _) => assert(m), hint, cancellationToken);

    public T ExpectMsg<T>(
        Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgAsync(isMessageAndSender, timeout, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgAsync<T>(
        Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, sender) => RequireMatch(isMessageAndSender(m, sender), m, sender, hint), hint, cancellationToken);

    public T ExpectMsg<T>(
        Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgAsync(assertMessageAndSender, timeout, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgAsync<T>(
        Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) => Expect(timeout, assertMessageAndSender, hint, cancellationToken);

    public T ExpectMsg<T>(
        T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgAsync(expected, comparer, timeout, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgAsync<T>(
        T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, _) => _assertions.AssertEqual(expected, m, comparer, hint ?? ""), hint, cancellationToken);

    /// <summary>The next message tells of the end of this actor, which the test actor watches.</summary>
    public Terminated ExpectTerminated(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Finished(ExpectTerminatedAsync(target, timeout, hint, cancellationToken).AsTask());

    public ValueTask<Terminated> ExpectTerminatedAsync(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default)
    {
        var message = $"Terminated {target}. {hint}";
        return Expect<Terminated>(timeout, (m, _) => _assertions.AssertEqual(target, m.ActorRef, message), message, cancellationToken);
    }

    /// <summary>No message comes during what is left of Within, or the default.</summary>
    public void ExpectNoMsg(CancellationToken cancellationToken = default) => Finished(ExpectNone(RemainingOrDefault, cancellationToken));

    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) =>
        Finished(ExpectNone(Dilated(duration), cancellationToken));

    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default) =>
        Finished(ExpectNone(TimeSpan.FromMilliseconds(milliseconds), cancellationToken));

    public async ValueTask ExpectNoMsgAsync(CancellationToken cancellationToken = default) =>
        await ExpectNone(RemainingOrDefault, cancellationToken);

    public async ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
        await ExpectNone(Dilated(duration), cancellationToken);

    public async ValueTask ExpectNoMsgAsync(int milliseconds, CancellationToken cancellationToken = default) =>
        await ExpectNone(TimeSpan.FromMilliseconds(milliseconds), cancellationToken);

    private void RequireMatch<T>(bool matches, T message, IActorRef sender, string? hint)
    {
        if (matches) return;
        Fail("Got a message of the expected type <{0}> from {1}. Also expected {2} but the message {{{3}}} of type <{4}> did not match",
            typeof(T), sender, hint ?? "the predicate to return true", message!, message!.GetType());
    }

    private async ValueTask<T> Expect<T>(
        TimeSpan? timeout, Action<T, IActorRef> assert, string? hint, CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(timeout);
        var envelope = await Take(limit, cancellationToken);
        if (envelope is null)
        {
            Fail("Failed: Timeout {0} while waiting for a message of type {1} {2} {3}", limit, typeof(T), hint ?? "", _clock.Blocked);
        }

        if (envelope!.Message is not T message)
        {
            Fail("Failed: Expected a message of type {0}, but received {{{2}}} (type {1}) instead {3} from {4}",
                typeof(T), envelope.Message.GetType(), envelope.Message, hint ?? "", envelope.Sender);
            return default!;
        }

        assert(message, envelope.Sender);
        return message;
    }

    private async Task<bool> ExpectNone(TimeSpan duration, CancellationToken cancellationToken)
    {
        var start = _clock.Now;
        if (await Take(duration, cancellationToken) is { } envelope)
        {
            Fail("Failed: Expected no messages during {0}, instead we received {1} after {2}", duration, envelope, _clock.Now - start);
        }

        return true;
    }
}
