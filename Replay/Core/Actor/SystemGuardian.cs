using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor.Internal;

/// <summary>The parent of the runtime's own actors; it outlives the user's.</summary>
internal sealed class SystemGuardian(IActorRef userGuardian) : ActorBase
{
    protected override void PreStart() => Context.Watch(userGuardian);

    protected override bool Receive(object message)
    {
        if (message is Terminated) Context.Stop(Self);
        else if (message is StopChild stop) Context.Stop(stop.Child);
        else Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
        return true;
    }
}
