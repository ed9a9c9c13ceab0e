namespace Akka.Actor.Internal;

/// <summary>Receive&lt;T&gt;(handler) whose handler says itself whether it handled the message.</summary>
internal sealed class DecidingHandler<T>(Func<T, bool> handler) : MessageHandler
{
    public override Type MessageType => typeof(T);

    public override bool CatchesAll => false;

    public override bool TryHandle(object message) => handler((T)message);
}
