using Akka.Actor;
using Iommu.Actors.Contexts;

namespace Iommu.Actors.Simulator;

/// <summary>
/// Whom to ask for a context. It starts the directory of contexts, and starts it anew for the next open after that has lost its journal: so
/// opens work again when the database does.
/// </summary>
internal sealed class ContextsActor : ReceiveActor
{
    private readonly Queue<(object Asked, IActorRef Caller)> _waiting = new();
    private readonly Dictionary<string, IReadOnlyList<Belongings>> _left = [];
    private IActorRef? _directory;
    private bool _serves;

    public ContextsActor()
    {
        Receive<OpenContext>(Ask);
        Receive<ListContexts>(Ask);
        Receive<AwaitRestart>(asked =>
        {
            if (_directory is null) Sender.Tell(new RestartOver(false));
            else _directory.Forward(asked);
        });
        Receive<DirectoryReady>(_ => OnReady());
        Receive<DirectoryLost>(lost => OnLost(lost.Cause));
        Receive<Terminated>(_ => OnStopped());
    }

    /// <summary>What it knows is in its journal: an open reads that again.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause =>
    {
        OnLost(cause);
        return Directive.Stop;
    });

    private void Ask(object asked)
    {
        if (_serves)
        {
            _directory!.Forward(asked);
            return;
        }
        _waiting.Enqueue((asked, Sender));
        if (_directory is null) Start();
    }

    private void Start() => _directory = Context.Watch(Context.ActorOf(Props.Create(() => new SimulatorActor(_left)), "directory"));

    private void OnReady()
    {
        _serves = true;
        while (_waiting.TryDequeue(out var next)) _directory!.Tell(next.Asked, next.Caller);
    }

    /// <summary>Who had to wait for it is told why. Who asks from now on waits for the next one.</summary>
    private void OnLost(Exception cause)
    {
        _serves = false;
        while (_waiting.TryDequeue(out var next))
        {
            var what = next.Asked is OpenContext open ? $"context {open.Settings.Name} cannot be opened" : "contexts cannot be listed";
            next.Caller.Tell(new Status.Failure(
                new JournalException($"{what}: {cause.Message}", cause) { Row = (cause as JournalException)?.Row }));
        }
    }

    private void OnStopped()
    {
        (_directory, _serves) = (null, false);
        if (_waiting.Count > 0) Start();
    }
}
