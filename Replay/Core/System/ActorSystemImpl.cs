using System.Text.RegularExpressions;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor.Internal;

/// <summary>The actor system.</summary>
public partial class ActorSystemImpl : ExtendedActorSystem
{
    private readonly ActorProvider _provider;
    private readonly Settings _settings;
    private readonly EventStream _eventStream = new(false);
    private long _lastUid;

    internal ActorSystemImpl(string name, Config config)
    {
        if (!Regex.IsMatch(name, "^[a-zA-Z0-9][a-zA-Z0-9-]*$"))
            throw new ArgumentException(
                $"Invalid ActorSystem name [{name}], must contain only word characters (i.e. [a-zA-Z0-9] plus non-leading '-')");
        Name = name;
        _settings = new Settings(this, config);
        Runtime = RuntimeChoice.Of(this, _settings.Config);
        _terminated = new TaskCompletionSource(Runtime.ContinuationOptions);
        Throughput = _settings.Config.GetInt("akka.actor.default-dispatcher.throughput", 30);
        Dispatchers = new Dispatchers(new Dispatcher(Runtime, Throughput));
        _provider = new ActorProvider(this);
        Log = Logging.GetLogger(_eventStream, $"ActorSystem({name})");
    }

    public override string Name { get; }

    public override Settings Settings => _settings;

    public override Dispatchers Dispatchers { get; }

    public override EventStream EventStream => _eventStream;

    public override IActorRef DeadLetters => _provider.DeadLetters;

    public override ILoggingAdapter Log { get; }

    public override IScheduler Scheduler => Runtime.Timers;

    public override TimeSpan Uptime => Runtime.Elapsed;

    public override IActorRefProvider Provider => _provider;

    internal ActorProvider Tree => _provider;

    internal bool IsTerminating => _provider.Guardian.Cell.IsTerminating || _provider.Guardian.IsTerminated;

    public override IInternalActorRef Guardian => _provider.Guardian;

    public override IInternalActorRef LookupRoot => _provider.RootGuardian;

    public override IInternalActorRef SystemGuardian => _provider.SystemGuardian;

    internal Runtime Runtime { get; }

    internal int Throughput { get; }

    public override IActorRef ActorOf(Props props, string? name = null) => _provider.Guardian.Cell.AttachChild(props, name);

    public override IActorRef SystemActorOf(Props props, string? name = null) => _provider.SystemGuardian.Cell.AttachChild(props, name);

    public override IActorRef SystemActorOf<TActor>(string? name = null) => SystemActorOf(Props.Create<TActor>(), name);

    public override ActorSelection ActorSelection(ActorPath actorPath) => new(_provider.RootGuardian, actorPath.ToStringWithoutAddress());

    public override ActorSelection ActorSelection(string actorPath) => _provider.Select(actorPath, _provider.RootGuardian);

    public override void Stop(IActorRef actor)
    {
        var parent = actor.Path.Parent;
        if (parent == Guardian.Path) Guardian.Tell(new Dispatch.SysMsg.StopChild(actor), null);
        else if (parent == SystemGuardian.Path) SystemGuardian.Tell(new Dispatch.SysMsg.StopChild(actor), null);
        else ((IInternalActorRef)actor).Stop();
    }

    public override string ToString() => LookupRoot.Path.Root.Address.ToString();

    internal long NextUid() => Interlocked.Increment(ref _lastUid);

    internal void Start()
    {
        _eventStream.Start(this);
        _provider.Start();
        _eventStream.StartLoggers(this);
        CoordinatedShutdown.Get(this);
    }
}
