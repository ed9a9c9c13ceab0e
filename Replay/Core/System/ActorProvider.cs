namespace Akka.Actor.Internal;

/// <summary>The tree of a system: root, guardians, dead letters, pending asks.</summary>
internal sealed class ActorProvider : IActorRefProvider
{
    private readonly ActorSystemImpl _system;
    private readonly TempContainerRef _temp;
    private readonly DeadLetterActorRef _deadLetters;

    public ActorProvider(ActorSystemImpl system)
    {
        _system = system;
        DefaultAddress = new Address("akka", system.Name);
        RootPath = new RootActorPath(DefaultAddress);
        _deadLetters = new DeadLetterActorRef(system, RootPath.Child("deadLetters"));
        _temp = new TempContainerRef(RootPath.Child("temp"), this);
        Root = new LocalActorRef(system, Props.Create<RootGuardian>(), new RootParentRef(system, DefaultAddress), RootPath);
        Guardian = new LocalActorRef(system, Props.Create<Guardian>(), Root, new ChildActorPath(RootPath, "user", system.NextUid()));
        SystemGuardian = new LocalActorRef(
            system, Props.Create<SystemGuardian>(Guardian), Root, new ChildActorPath(RootPath, "system", system.NextUid()));
    }

    public ActorSystemImpl System => _system;

    public Settings Settings => _system.Settings;

    public Address DefaultAddress { get; }

    public ActorPath RootPath { get; }

    public IActorRef DeadLetters => _deadLetters;

    public IInternalActorRef RootGuardian => Root;

    public IInternalActorRef TempContainer => _temp;

    public LocalActorRef Root { get; }

    public LocalActorRef Guardian { get; }

    public LocalActorRef SystemGuardian { get; }

    public ActorPath TempPath() => _temp.NextPath();

    public void RegisterTemp(IActorRef reference) => _temp.Add(reference);

    public void UnregisterTemp(ActorPath path) => _temp.Remove(path);

    /// <summary>Starts the guardians before anybody can see them.</summary>
    public void Start()
    {
        foreach (var guardian in new[] { Root, Guardian, SystemGuardian })
        {
            guardian.Cell.StartAtOnce();
            if (guardian != Root) Root.Cell.Adopt(guardian);
        }
        Root.Tell(SystemGuardian, null);
    }

    public IActorRef ResolveActorRef(string path) =>
        ActorPath.TryParse(path, out var actorPath) ? ResolveActorRef(actorPath) : DeadLetters;

    public IActorRef ResolveActorRef(ActorPath actorPath)
    {
        if (actorPath.Address != DefaultAddress) return DeadLetters;
        if (actorPath == _deadLetters.Path) return _deadLetters;
        var found = Descend(actorPath);
        return found.IsNobody() || (actorPath.Uid != ActorPath.UndefinedUid && found.Path.Uid != actorPath.Uid)
            ? new DeadLetterActorRef(_system, actorPath)
            : found;
    }

    /// <summary>A selection by text: absolute, with or without address, or relative to the anchor.</summary>
    public ActorSelection Select(string path, IActorRef anchor)
    {
        if (path.Contains("://", StringComparison.Ordinal)) path = ActorPath.Parse(path).ToStringWithoutAddress();
        return new ActorSelection(path.StartsWith('/') ? Root : anchor, path);
    }

    private IActorRef Descend(ActorPath path)
    {
        var elements = path.Elements;
        if (elements.Count > 0 && elements[0] == "temp") return _temp.GetChild([.. elements.Skip(1)]);
        return Root.GetChild(elements);
    }
}
