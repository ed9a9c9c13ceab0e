using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Persistence;

/// <summary>A persistent actor whose handlers are registered by message type: Recover for events, Command for the rest.</summary>
public abstract class ReceivePersistentActor : UntypedPersistentActor, IInitializableActor
{
    private readonly HandlerList _recover = new();
    private readonly HandlerList _command = new();
    private HandlerList? _configuring;
    private bool _initialized;

    protected ReceivePersistentActor() => _configuring = _command;

    void IInitializableActor.Init()
    {
        _initialized = true;
        _configuring = null;
    }

    protected sealed override void OnCommand(object message) => Execute(_command, message);

    protected sealed override void OnRecover(object message) => Execute(_recover, message);

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

    protected void Recover<T>(Action<T> handler, Predicate<T> shouldHandle = null!) =>
        Recovering.Add(new TypedHandler<T>(handler, shouldHandle));

    protected void Recover<T>(Predicate<T> shouldHandle, Action<T> handler) => Recover(handler, shouldHandle);

    protected void Recover<T>(Func<T, bool> handler) => Recovering.Add(new DecidingHandler<T>(handler));

    protected void Recover(Type messageType, Action<object> handler, Predicate<object> shouldHandle = null!) =>
        Recovering.Add(new UntypedHandler(messageType, handler, shouldHandle));

    protected void Recover(Type messageType, Predicate<object> shouldHandle, Action<object> handler) =>
        Recover(messageType, handler, shouldHandle);

    protected void RecoverAny(Action<object> handler) => Recover(typeof(object), handler);

    protected void Command<T>(Action<T> handler, Predicate<T> shouldHandle = null!) =>
        Configuring.Add(new TypedHandler<T>(handler, shouldHandle));

    protected void Command<T>(Predicate<T> shouldHandle, Action<T> handler) => Command(handler, shouldHandle);

    protected void Command<T>(Func<T, bool> handler) => Configuring.Add(new DecidingHandler<T>(handler));

    protected void Command(Type messageType, Action<object> handler, Predicate<object> shouldHandle = null!) =>
        Configuring.Add(new UntypedHandler(messageType, handler, shouldHandle));

    protected void Command(Type messageType, Predicate<object> shouldHandle, Action<object> handler) =>
        Command(messageType, handler, shouldHandle);

    protected void Command(Action<object> handler) => CommandAny(handler);

    protected void CommandAny(Action<object> handler) => Command(typeof(object), handler);

    protected void CommandAsync<T>(Func<T, Task> handler, Predicate<T> shouldHandle = null!) =>
        Command<T>(message => RunTask(() => handler(message)), shouldHandle);

    protected void CommandAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => CommandAsync(handler, shouldHandle);

    protected void CommandAsync(Type messageType, Func<object, Task> handler, Predicate<object> shouldHandle = null!) =>
        Command(messageType, message => RunTask(() => handler(message)), shouldHandle);

    protected void CommandAsync(Type messageType, Predicate<object> shouldHandle, Func<object, Task> handler) =>
        CommandAsync(messageType, handler, shouldHandle);

    protected void CommandAnyAsync(Func<object, Task> handler) => CommandAny(message => RunTask(() => handler(message)));

    private HandlerList Recovering => !_initialized ? _recover : throw new InvalidOperationException(
        "You may only call Recover-methods when constructing the actor.");

    private HandlerList Configuring => _configuring ?? throw new InvalidOperationException(
        "You may only call Command-methods when constructing the actor and inside Become().");

    private HandlerList Configure(Action configure)
    {
        var outer = _configuring;
        var handlers = _configuring = new HandlerList();
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
