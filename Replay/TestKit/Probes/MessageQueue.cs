using System.Collections.Concurrent;

namespace Akka.TestKit.Internal;

/// <summary>What a test actor has received and its test has not yet taken.</summary>
internal sealed class MessageQueue(TestClock clock)
{
    private readonly ConcurrentQueue<MessageEnvelope> _messages = new();

    public bool IsEmpty => _messages.IsEmpty;

    public void Add(MessageEnvelope envelope)
    {
        _messages.Enqueue(envelope);
        clock.Changed();
    }

    public MessageEnvelope? Peek() => _messages.TryPeek(out var envelope) ? envelope : null;

    public MessageEnvelope? Take() => _messages.TryDequeue(out var envelope) ? envelope : null;
}
