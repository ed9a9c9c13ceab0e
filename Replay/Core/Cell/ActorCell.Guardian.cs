using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public partial class ActorCell
{
    /// <summary>Creates the actor on the calling thread; for the guardians, which are there before anything runs.</summary>
    internal void StartAtOnce()
    {
        _scheduled = 1;
        SendSystemMessage(new Create(null));
        Run(1);
        EndTurn();
    }

    /// <summary>Takes an actor made elsewhere as a child.</summary>
    internal void Adopt(IInternalActorRef child) =>
        (_children ??= new Internal.ChildSet()).Add(child);
}
