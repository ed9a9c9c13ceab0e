using Akka.Event;

namespace Akka.Actor.Internal;

/// <summary>The root: stops when the system guardian has, and stops a guardian that fails.</summary>
internal sealed class RootGuardian : ActorBase
{
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override bool Receive(object message)
    {
        if (message is Terminated) Context.Stop(Self);
        else if (message is IActorRef systemGuardian) Context.Watch(systemGuardian);
        else Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
        return true;
    }
}
