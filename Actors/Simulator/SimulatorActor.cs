using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Contexts;
using Iommu.Actors.Journals;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.Persistence.Streams;

namespace Iommu.Actors.Simulator;

/// <summary>
/// The parent of all contexts. It journals which ones there are, so that a journal can be read without knowing their names. One that
/// fails it brings back from its journal.
/// </summary>
internal sealed partial class SimulatorActor : ReceivePersistentActor
{
    private readonly HashSet<string> _known = [];
    private readonly StreamOrder _order = new(StreamNames.Directory, StreamKind.Directory);
    private readonly Dictionary<string, Opening> _live = [];
    private readonly Dictionary<string, Exception> _causes = [];
    private Exception? _lost;

    /// <param name="left">
    /// What failed contexts have left in hardware, by their names: it outlives this actor, for the next one to give back.
    /// </param>
    public SimulatorActor(Dictionary<string, IReadOnlyList<Belongings>> left)
    {
        _left = left;
        RecoverAny(OnReplayed);
        Command<OpenContext>(Open);
        Command<ListContexts>(_ => Sender.Tell(new ContextNames([.. _known.Order(StringComparer.Ordinal)])));
        Command<Ready>(OnReady);
        Command<ContextEnded>(OnEnded);
        Command<ContextLost>(lost => _causes[Uri.EscapeDataString(lost.Name)] = lost.Cause);
        Command<AwaitRestart>(OnAwaited);
        Command<RestartDue>(due => Restart(due.Name));
        Command<Terminated>(stopped => OnStopped(Uri.UnescapeDataString(stopped.ActorRef.Path.Name)));
    }

    public override string PersistenceId => StreamNames.Directory;

    /// <summary>A context that fails stops, with its objects; what it has journaled its next incarnation brings back.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause =>
    {
        _causes[Sender.Path.Name] = cause;
        // Before its objects stop: what waits in their mailboxes would be told that it came too late.
        if (_live.TryGetValue(Uri.UnescapeDataString(Sender.Path.Name), out var opening))
            opening.Settings.Table.Waiting.Lose();
        return Directive.Stop;
    });

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        AnswerAll(cause);
        _lost = new JournalException($"{PersistenceId} has lost its journal: {cause.GetBaseException().Message}", cause);
        Context.Parent.Tell(new DirectoryLost(_lost));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        AnswerAll(cause);
        throw new JournalException($"{PersistenceId}: the journal refused an event", cause);
    }

    /// <summary>Without its directory no context goes on: they end with it, and those that had failed before are not forgotten.</summary>
    protected override void PostStop()
    {
        foreach (var (name, opening) in _live.Where(live => live.Value.Ended is null))
        {
            _left[name] = opening.Settings.Next().Left;
            if (_lost is null) continue;
            var cause = _causes.GetValueOrDefault(Uri.EscapeDataString(name), _lost);
            Context.System.EventStream.Publish(new ContextFailed(name, cause));
        }
        base.PostStop();
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        var cause = _order.Explain(reason);
        Context.Parent.Tell(new DirectoryLost(cause));
        base.OnRecoveryFailure(cause, message!);
    }

    private void OnReplayed(object message)
    {
        switch (message)
        {
            case RecoveryCompleted:
                _order.End(LastSequenceNr);
                Context.Parent.Tell(DirectoryReady.Instance);
                break;
            case SnapshotOffer offer:
                foreach (var happened in _order.Take(offer)) Fold(happened);
                break;
            default:
                Fold(_order.Take(message, LastSequenceNr));
                break;
        }
    }

    private void Fold(object happened)
    {
        if (happened is ContextOpened opened) _known.Add(opened.Name);
        else if (happened is ContextClosed closed) _known.Remove(closed.Name);
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
            if (live.Settings.Table.Waiting.AreLost) Stash.Stash();
            else Sender.Tell(new Status.Failure(new InvalidOperationException($"context {name} is open already")));
            return;
        }
        var settings = open.Settings with { Left = _left.GetValueOrDefault(name, []) };
        _live[name] = new Opening(Sender, settings);
        if (_known.Add(name)) Persist(new ContextOpened(name), _ => Start(settings));
        else Start(settings);
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
        // One that was ready and has failed since may be heard of when the next one is on its way, or serves.
        if (!_live.TryGetValue(ready.Name, out var found) || !Context.Child(Uri.EscapeDataString(ready.Name)).Equals(ready.Context)) return;
        var answer = new ContextReady(ready.Context, found.Settings.Table);
        found.Settings.Link.Now = answer;
        found.Caller.Tell(answer);
        _left.Remove(ready.Name);
        _live[ready.Name] = found with { Caller = ActorRefs.Nobody, Serving = answer };
        EndRestart(ready.Name, isBack: true);
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
        var next = opening.Settings.Next();
        _left[name] = next.Left;
        RestartLater(name, opening, next);
    }

    /// <param name="Caller">Who waits for it to be open; nobody when it is, or when it is brought back.</param>
    /// <param name="Settings">Of this incarnation.</param>
    /// <param name="Ended">Its last close, when that is done.</param>
    /// <param name="Serving">Null until all that the journal has is back.</param>
    private sealed record Opening(IActorRef Caller, ContextSettings Settings, ContextEnded? Ended = null, ContextReady? Serving = null);

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
