using Akka.Actor.Internal;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>An actor whose handlers are registered by message type, in its constructor and inside Become.</summary>
public abstract class ReceiveActor : UntypedActor, IInitializableActor
{
    private HandlerList? _configuring = new();
    private HandlerList? _handlers;

    protected ReceiveActor() { }

    void IInitializableActor.Init()
    {
        if (_handlers is not null) return;
        _handlers = _configuring;
        _configuring = null;
    }

    protected sealed override void OnReceive(object message)
    {
        if (!_handlers!.TryHandle(message)) Unhandled(message);
    }

    protected void Become(Action configure)
    {
        var handlers = Configure(configure);
        base.Become(message => Execute(handlers, message));
    }

    protected void BecomeStacked(Action configure)
    {
        var handlers = Configure(configure);
        base.BecomeStacked(message => Execute(handlers, message));
    }

    protected void Receive<T>(Action<T> handler, Predicate<T>? shouldHandle = null) =>
        Configuring.Add(new TypedHandler<T>(handler, shouldHandle));

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);

    protected void Receive<T>(Func<T, bool> handler) => Configuring.Add(new DecidingHandler<T>(handler));

    protected void Receive(Type messageType, Action<object> handler, Predicate<object>? shouldHandle = null) =>
        Configuring.Add(new UntypedHandler(messageType, handler, shouldHandle));

    protected void Receive(Type messageType, Predicate<object> shouldHandle, Action<object> handler) =>
        Receive(messageType, handler, shouldHandle);

    protected void ReceiveAny(Action<object> handler) => Configuring.Add(new UntypedHandler(typeof(object), handler, null));

    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T>? shouldHandle = null) =>
        Receive<T>(message => ActorTaskScheduler.RunHandler(handler, message), shouldHandle);

    protected void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => ReceiveAsync(handler, shouldHandle);

    protected void ReceiveAsync(Type messageType, Func<object, Task> handler, Predicate<object>? shouldHandle = null) =>
        Receive(messageType, message => ActorTaskScheduler.RunHandler(handler, message), shouldHandle);

    protected void ReceiveAsync(Type messageType, Predicate<object> shouldHandle, Func<object, Task> handler) =>
        ReceiveAsync(messageType, handler, shouldHandle);

    protected void ReceiveAnyAsync(Func<object, Task> handler) =>
        ReceiveAny(message => ActorTaskScheduler.RunHandler(handler, message));

    private HandlerList Configuring => _configuring
        ?? throw new InvalidOperationException("You may only call Receive-methods when constructing the actor and inside Become().");

    private HandlerList Configure(Action configure)
    {
        var outer = _configuring;
        var handlers = new HandlerList();
        _configuring = handlers;
        try
        {
            configure();
        }
        finally
        {
            _configuring = outer;
        }
        return handlers;
    }

    private void Execute(HandlerList handlers, object message)
    {
        if (!handlers.TryHandle(message)) Unhandled(message);
    }
}
