using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>The parent of the root: hears when the whole tree has stopped.</summary>
internal sealed class RootParentRef : MinimalActorRef
{
    private readonly ActorSystemImpl _system;

    public RootParentRef(ActorSystemImpl system, Address address)
    {
        _system = system;
        Path = new RootActorPath(address, "/bubble-walker");
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider => _system.Provider;

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case DeathWatchNotification: _system.OnTreeStopped(); break;
            case Failed failed: ((IInternalActorRef)failed.Child).Stop(); break;
        }
    }
}
