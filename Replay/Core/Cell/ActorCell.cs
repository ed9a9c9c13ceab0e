using Akka.Actor.Internal;
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>One living actor: its mailbox, behaviour, children and watches. Only its own turn touches it, except to enqueue.</summary>
public partial class ActorCell : IUntypedActorContext
{
    private readonly ActorSystemImpl _system;
    private readonly LocalActorRef _self;
    private readonly IInternalActorRef _parent;
    private Props _props;
    private ActorBase? _actor;
    private IActorRef? _sender;
    private int _envelopeId;

    internal ActorCell(ActorSystemImpl system, LocalActorRef self, Props props, IInternalActorRef parent)
    {
        _system = system;
        _self = self;
        _props = props;
        _parent = parent;
    }

    internal static ActorCell? Current => InternalCurrentActorCellKeeper.Current;

    public ActorSystem System => _system;

    public IActorRef Self => _self;

    public IInternalActorRef Parent => _parent;

    public Props Props => _props;

    public MessageDispatcher Dispatcher => _system.Dispatchers.DefaultGlobalDispatcher;

    public IActorRef Sender
    {
        get => _sender ?? _system.DeadLetters;
        private set => _sender = value;
    }

    public object CurrentMessage { get; internal set; } = null!;

    /// <summary>Changes with every message, so that a stash can tell one message from the next.</summary>
    public int CurrentEnvelopeId => _envelopeId;

    internal bool ActorHasBeenCleared { get; private set; }

    internal ActorSystemImpl SystemImpl => _system;

    internal ActorBase? Actor => _actor;

    internal Type ActorType => _actor?.GetType() ?? GetType();

    IActorRef IActorContext.Parent => _parent;

    public ActorSelection ActorSelection(string path) => _system.Tree.Select(path, _self);

    public ActorSelection ActorSelection(ActorPath path) => _system.ActorSelection(path);

    internal static IActorRef GetCurrentSelfOrNoSender() => Current?.Self!;
}
