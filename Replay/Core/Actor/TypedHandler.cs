namespace Akka.Actor.Internal;

/// <summary>Receive&lt;T&gt;(handler, condition).</summary>
internal sealed class TypedHandler<T>(Action<T> handler, Predicate<T>? condition) : MessageHandler
{
    public override Type MessageType => typeof(T);

    public override bool CatchesAll => condition is null;

    public override bool TryHandle(object message)
    {
        var typed = (T)message;
        if (condition is not null && !condition(typed)) return false;
        handler(typed);
        return true;
    }
}
