using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor.Internal;

/// <summary>The parent of all actors that a user creates on the system itself.</summary>
internal sealed class Guardian : ActorBase
{
    protected override bool Receive(object message)
    {
        if (message is StopChild stop) Context.Stop(stop.Child);
        else Context.System.DeadLetters.Tell(new DeadLetter(message, Sender, Self), Sender);
        return true;
    }
}
