namespace Akka.Actor.Internal;

/// <summary>
/// Handlers in registration order. Which of them a message type concerns depends only on the handlers' types, so that
/// answer is shared by all actors with the same list of types.
/// </summary>
internal sealed class HandlerList
{
    private MessageHandler[] _handlers = [];
    private HandlerShape _shape = HandlerShape.Empty;
    private bool _complete;
    private Type? _lastType;
    private int[] _lastMatches = [];

    public void Add(MessageHandler handler)
    {
        if (_complete)
            throw new InvalidOperationException("A handler that catches all messages has been added. No handler can be added after that.");
        _complete = handler.CatchesAll && handler.MessageType == typeof(object);
        Array.Resize(ref _handlers, _handlers.Length + 1);
        _handlers[^1] = handler;
        _shape = _shape.With(handler.MessageType);
    }

    public bool TryHandle(object message)
    {
        var type = message.GetType();
        if (type != _lastType)
        {
            _lastMatches = _shape.Matches(type);
            _lastType = type;
        }
        foreach (var index in _lastMatches)
            if (_handlers[index].TryHandle(message))
                return true;
        return false;
    }
}
