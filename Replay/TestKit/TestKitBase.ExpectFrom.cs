using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Expectations on the next message and on who sent it.</summary>
public abstract partial class TestKitBase
{
    public T ExpectMsgFrom<T>(
        IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgFromAsync<T>(sender, duration, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        ExpectFrom<T>(sender, duration, static _ => { }, hint, cancellationToken);

    public T ExpectMsgFrom<T>(
        IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgFromAsync(sender, message, timeout, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        ExpectFrom<T>(sender, timeout, m => _assertions.AssertEqual(message, m, hint ?? ""), hint, cancellationToken);

    public T ExpectMsgFrom<T>(
        IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        Finished(ExpectMsgFromAsync(sender, isMessage, timeout, hint, cancellationToken).AsTask());

    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null,
        CancellationToken cancellationToken = default) =>
        ExpectFrom<T>(sender, timeout, m => RequireMatch(isMessage(m), m, sender, hint), hint, cancellationToken);

    private ValueTask<T> ExpectFrom<T>(
        IActorRef sender, TimeSpan? timeout, Action<T> assert, string? hint, CancellationToken cancellationToken) =>
        Expect<T>(
            timeout,
            (message, actual) =>
            {
                var wrong = $"Sender does not match. Got a message from sender {actual}. But expected {sender}. {hint}";
                _assertions.AssertEqual(sender, actual, wrong);
                assert(message);
            },
            hint, cancellationToken);
}
