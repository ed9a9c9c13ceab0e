using Akka.Actor;

namespace Akka.Event;

/// <summary>A logger that is not an actor: it writes on the thread that logs.</summary>
public abstract class MinimalLogger : MinimalActorRef
{
    public sealed override ActorPath Path { get; } = new RootActorPath(Address.AllSystems, "/StandardOutLogger");

    public sealed override IActorRefProvider Provider => throw new NotSupportedException("This logger does not provide.");

    protected sealed override void TellInternal(object message, IActorRef? sender) => Log(message);

    protected abstract void Log(object message);
}
