namespace Akka.Actor.Internal;

/// <summary>Receive(type, handler, condition) and ReceiveAny.</summary>
internal sealed class UntypedHandler(Type messageType, Action<object> handler, Predicate<object>? condition) : MessageHandler
{
    public override Type MessageType => messageType;

    public override bool CatchesAll => condition is null;

    public override bool TryHandle(object message)
    {
        if (condition is not null && !condition(message)) return false;
        handler(message);
        return true;
    }
}
