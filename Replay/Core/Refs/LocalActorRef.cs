using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>A reference to an actor of this process.</summary>
public class LocalActorRef : InternalActorRefBase
{
    private readonly ActorPath _path;
    private readonly ActorCell _cell;

    internal LocalActorRef(ActorSystemImpl system, Props props, IInternalActorRef parent, ActorPath path)
    {
        _path = path;
        _cell = new ActorCell(system, this, props, parent);
    }

    public override ActorPath Path => _path;

    public ActorCell Cell => _cell;

    public override IActorRefProvider Provider => _cell.SystemImpl.Provider;

    public override IInternalActorRef Parent => _cell.Parent;

    public override bool IsTerminated => _cell.IsTerminated;

    public override bool IsLocal => true;

    public override IActorRef GetChild(IReadOnlyList<string> name)
    {
        IInternalActorRef current = this;
        for (var i = 0; i < name.Count; i++)
        {
            if (current is not LocalActorRef local) return current.GetChild([.. name.Skip(i)]);
            if (name[i].Length == 0) continue;
            current = name[i] == ".." ? local.Parent : local._cell.GetSingleChild(name[i]);
        }
        return current;
    }

    public override void Start() => SendSystemMessage(new Create(null));

    public override void Stop() => SendSystemMessage(new Terminate());

    public override void Suspend() => SendSystemMessage(new Suspend());

    public override void Resume(Exception? causedByFailure = null) => SendSystemMessage(new Resume(causedByFailure));

    public override void Restart(Exception cause) => SendSystemMessage(new Recreate(cause));

    public override void SendSystemMessage(ISystemMessage message)
    {
        _cell.SystemImpl.Runtime.Filter?.Signalled(this);
        _cell.SendSystemMessage((SystemMessage)message);
    }

    protected override void TellInternal(object message, IActorRef? sender)
    {
        if (_cell.SystemImpl.Runtime.Filter is not { } filter) _cell.SendMessage(message, sender);
        else if (filter.Told(this, message, sender) is { } told) _cell.SendMessage(told, sender);
    }
}
