using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Contexts;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Simulator;

/// <summary>
/// The parent of all contexts. It journals which ones there are, so that a journal can be read without knowing their names.
/// </summary>
internal sealed class SimulatorActor : ReceivePersistentActor
{
    private readonly HashSet<string> _known = [];
    private readonly Dictionary<string, Opening> _live = [];
    private readonly Dictionary<string, Exception> _causes = [];

    public SimulatorActor()
    {
        Recover<ContextOpened>(opened => _known.Add(opened.Name));
        Recover<ContextClosed>(closed => _known.Remove(closed.Name));
        Command<OpenContext>(Open);
        Command<ListContexts>(_ => Sender.Tell(new ContextNames([.. _known.Order(StringComparer.Ordinal)])));
        Command<Ready>(OnReady);
        Command<ContextEnded>(OnEnded);
        Command<ContextLost>(lost => _causes[Uri.EscapeDataString(lost.Name)] = lost.Cause);
        Command<Terminated>(stopped => OnStopped(Uri.UnescapeDataString(stopped.ActorRef.Path.Name)));
    }

    public override string PersistenceId => StreamNames.Directory;

    /// <summary>A context that fails stops, with its objects: what it has journaled stands, and the next open brings that back.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause =>
    {
        _causes[Sender.Path.Name] = cause;
        // Before its objects stop: what waits in their mailboxes would be told that it came too late.
        if (_live.TryGetValue(Uri.UnescapeDataString(Sender.Path.Name), out var opening)) opening.Waiting.Lose();
        return Directive.Stop;
    });

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        AnswerAll(cause);
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        AnswerAll(cause);
        throw new JournalException($"{PersistenceId}: the journal refused an event", cause);
    }

    /// <summary>Whoever waits for a context to open, or for its last close, is told now, and not by running out of patience.</summary>
    private void AnswerAll(Exception cause)
    {
        foreach (var opening in _live.Values)
        {
            if (opening.Ended is { } ended) ended.Closer.Tell((Answer)Errno.EIO);
            else opening.Caller.Tell(new Status.Failure(
                new JournalException($"{PersistenceId}: the journal is lost: {cause.GetBaseException().Message}", cause)));
        }
    }

    private void Open(OpenContext open)
    {
        var name = open.Settings.Name;
        if (_live.TryGetValue(name, out var live))
        {
            if (live.Waiting.AreLost) Stash.Stash();
            else Sender.Tell(new Status.Failure(new InvalidOperationException($"context {name} is open already")));
            return;
        }
        _live[name] = new Opening(Sender, open.Settings.Table.Waiting);
        if (_known.Add(name)) Persist(new ContextOpened(name), _ => Start(open.Settings));
        else Start(open.Settings);
    }

    private void Start(ContextSettings settings)
    {
        var context = Context.ActorOf(ContextActor.Props(settings), Uri.EscapeDataString(settings.Name));
        // Not WatchWith: its message is lost when the notice arrives during a persist and is stashed.
        Context.Watch(context);
        var self = Self;
        var ready = Context.ActorOf(Props.Create(() => new ReadyWaiter(self, settings.Name)));
        context.Tell(AwaitReady.Instance, ready);
    }

    private void OnReady(Ready ready)
    {
        if (!_live.TryGetValue(ready.Name, out var opening)) return;
        opening.Caller.Tell(new ContextReady(ready.Context));
        _live[ready.Name] = opening with { Caller = ActorRefs.Nobody };
    }

    private void OnEnded(ContextEnded ended)
    {
        if (_live.TryGetValue(ended.Name, out var opening)) _live[ended.Name] = opening with { Ended = ended };
        if (ended.Leaked == 0 && _known.Remove(ended.Name)) Persist(new ContextClosed(ended.Name), _ => { });
    }

    private void OnStopped(string name)
    {
        if (!_live.Remove(name, out var opening)) return;
        // Who was told of the failure may have asked for the next open before the last object had stopped.
        Stash.UnstashAll();
        if (opening.Ended is { } ended)
        {
            ended.Closer.Tell(new Answer(Errno.None, (ulong)ended.Leaked));
            return;
        }
        if (!_causes.Remove(Uri.EscapeDataString(name), out var cause))
            cause = new InvalidOperationException($"context {name} stopped before it was ready");
        else Context.System.EventStream.Publish(new ContextFailed(name, cause));
        opening.Caller.Tell(new Status.Failure(cause));
    }

    private sealed record Opening(IActorRef Caller, WaitingCalls Waiting, ContextEnded? Ended = null);

    private sealed record Ready(string Name, IActorRef Context);

    /// <summary>Waits for one context to be ready, so that the answer carries its name.</summary>
    private sealed class ReadyWaiter : ReceiveActor
    {
        public ReadyWaiter(IActorRef simulator, string name) => Receive<Answer>(_ =>
        {
            simulator.Tell(new Ready(name, Sender));
            Context.Stop(Self);
        });
    }
}
