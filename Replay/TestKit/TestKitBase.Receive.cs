using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Takes messages from the test actor's queue.</summary>
public abstract partial class TestKitBase
{
    /// <summary>The next message; null when none comes in time.</summary>
    public object ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Finished(ReceiveOneAsync(max, cancellationToken).AsTask());

    public async ValueTask<object> ReceiveOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await Take(max, cancellationToken))?.Message!;

    /// <summary>The next message, which stays the next; null when none comes in time.</summary>
    public object PeekOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Finished(PeekOneAsync(max, cancellationToken).AsTask());

    public async ValueTask<object> PeekOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await Peek(max, cancellationToken))?.Message!;

    /// <summary>Exactly so many messages, within what is left of Within or the default.</summary>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        Finished(Receive(numberOfMessages, RemainingOrDefault, cancellationToken));

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default)
    {
        Spans.RequirePositiveFinite(max, nameof(max));
        return Finished(Receive(numberOfMessages, Dilated(max), cancellationToken));
    }

    /// <summary>Skips messages up to the first for which the function is true.</summary>
    public object FishForMessage(
        Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessage<object>(isMessage, max, hint, cancellationToken);

    public T FishForMessage<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        Finished(FishForMessageAsync(isMessage, max, hint, cancellationToken).AsTask());

    public ValueTask<object> FishForMessageAsync(
        Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessageAsync<object>(isMessage, max, hint, cancellationToken);

    public async ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        var end = _clock.Now + limit;
        while (true)
        {
            // A time-out of zero would only look, and deterministic mode would never let anything run.
            var left = end - _clock.Now;
            var message = left < TimeSpan.Zero ? null : await ReceiveOneAsync(left, cancellationToken);
            if (message is null)
            {
                var why = string.IsNullOrEmpty(hint) ? "" : ", hint: " + hint;
                Fail("Timeout ({0}) during fishForMessage{1}. {2}", limit, why, _clock.Blocked);
            }

            if (message is T candidate && isMessage(candidate)) return candidate;
        }
    }

    public IReadOnlyList<T> ReceiveWhile<T>(
        TimeSpan? max, Func<object, T?> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        ReceiveWhile(filter, max, null, msgs, cancellationToken);

    /// <summary>Takes messages while the filter gives something for them; the first other one stays in the queue.</summary>
    /// <param name="max">How long in all.</param>
    /// <param name="idle">How long at most between two messages.</param>
    /// <param name="msgs">How many at most.</param>
    public IReadOnlyList<T> ReceiveWhile<T>(
        Func<object, T?> filter, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue,
        CancellationToken cancellationToken = default)
    {
        var stop = _clock.Now + RemainingOrDilated(max);
        var last = (MessageEnvelope)NullMessageEnvelope.Instance;
        var results = new List<T>();
        while (results.Count < msgs)
        {
            var left = Spans.Min(stop - _clock.Now, idle ?? Timeout.InfiniteTimeSpan);
            if (Finished(Peek(left, cancellationToken)) is not { } next || filter(next.Message) is not { } result) break;
            last = _queue.Take()!;
            results.Add(result);
        }

        _lastMessage = last;
        _lastWasNoMsg = true;
        return results;
    }

    private async Task<IReadOnlyCollection<object>> Receive(int count, TimeSpan max, CancellationToken cancellationToken)
    {
        var start = _clock.Now;
        var received = new List<object>(count);
        while (received.Count < count)
        {
            var left = start + max - _clock.Now;
            if (left >= TimeSpan.Zero && await ReceiveOneAsync(left, cancellationToken) is { } message)
            {
                received.Add(message);
                continue;
            }

            Fail("Timeout ({0}) while expecting {1} messages. Only got {2} after {3}. {4}",
                max, count, received.Count, _clock.Now - start, _clock.Blocked);
        }

        return received;
    }

    private Task<MessageEnvelope?> Take(TimeSpan? max, CancellationToken cancellationToken) => Next(_queue.Take, max, cancellationToken);

    private Task<MessageEnvelope?> Peek(TimeSpan? max, CancellationToken cancellationToken) => Next(_queue.Peek, max, cancellationToken);

    private async Task<MessageEnvelope?> Next(Func<MessageEnvelope?> read, TimeSpan? max, CancellationToken cancellationToken)
    {
        var limit = max ?? TestKitSettings.SingleExpectDefault;
        var there = limit == TimeSpan.Zero || ((limit > TimeSpan.Zero || limit == Timeout.InfiniteTimeSpan)
            && await _clock.Until(() => !_queue.IsEmpty, limit, cancellationToken));
        var envelope = there ? read() : null;
        _lastWasNoMsg = false;
        _lastMessage = envelope ?? NullMessageEnvelope.Instance;
        return envelope;
    }
}
