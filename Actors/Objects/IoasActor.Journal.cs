using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Journals;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.Persistence.Mappings;
using Iommu.Persistence.Serialization;

namespace Iommu.Actors.Objects;

/// <summary>The stream of an IOAS. Areas run ahead of it, and answers wait for it.</summary>
internal sealed partial class IoasActor : ReceivePersistentActor
{
    // The fold of the events that are durable: a snapshot stands for exactly these, whatever has begun since.
    private readonly AreaTable _journaled = new();
    private readonly SnapshotPace _snapshots = new();
    private readonly StreamOrder _order;
    private readonly Queue<IActorRef> _unanswered = new();
    private string? _broken;

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        AnswerAll();
        _environment.Context.Tell(new JournalLost(_lifetime.Id, cause));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        AnswerAll();
        throw new JournalException($"{PersistenceId}: the journal refused an event", cause);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        var cause = _order.Explain(reason);
        _environment.Context.Tell(new JournalLost(_lifetime.Id, cause));
        base.OnRecoveryFailure(cause, message!);
    }

    private void OnReplayed(object message)
    {
        switch (message)
        {
            case SnapshotOffer offer:
                foreach (var happened in _order.Take(offer)) _journaled.Apply((MappingEvent)happened);
                break;
            case RecoveryCompleted:
                _order.End(LastSequenceNr);
                Rebuild();
                break;
            default:
                _journaled.Apply((MappingEvent)_order.Take(message, LastSequenceNr));
                break;
        }
    }

    private void Rebuild()
    {
        _pagetable.Restore(_journaled);
        foreach (var area in _journaled.Areas)
        {
            var pages = _environment.Pages.Restore(area.Pages, _journaled.IsRevoked(area), _environment.Process);
            if (pages.Failed)
            {
                _broken ??= $"the area at 0x{area.Iova:x} of ioas {_lifetime.Id}: its file, number {area.Pages.File}, is not open"
                    + (area.Pages.Process == 0 ? "" : $", or process {area.Pages.Process} is not there");
                continue;
            }
            _pagetable.Restore(area, pages.Value!);
        }
        var takenAway = _pagetable.Areas.Where(area => area.Pages.Revoked && !_journaled.IsRevoked(area.Describe()))
            .Select(area => area.Pages.What.Number).Distinct().Select(number => new PagesRevoked(number)).ToList();
        if (takenAway.Count > 0) Persist([.. takenAway]);
    }

    private bool OnJournalMessage(object message)
    {
        // What was found taken away is durable before the context opens: nobody has seen what a crash could take back.
        if (message is RestoreMappings)
        {
            var asking = Sender;
            DeferAsync(new MappingsRestored(_broken), restored => asking.Tell(restored));
        }
        return message is RestoreMappings or SaveSnapshotSuccess or SaveSnapshotFailure;
    }

    private void Persist(params IReadOnlyList<MappingEvent> events) => PersistAllAsync(events, happened =>
    {
        _journaled.Apply(happened);
        if (_snapshots.Due(_journaled.Count)) SaveSnapshot(new EventList([.. _journaled.ToEvents()]));
    });

    /// <summary>
    /// Ends a call. What it did is durable then, and what it found, which may be another call's work: that is durable first.
    /// </summary>
    private void End(IActorRef caller, Answer answer)
    {
        _unanswered.Enqueue(caller);
        DeferAsync(answer, _ =>
        {
            _lifetime.Release(Release.Call);
            _unanswered.Dequeue().Tell(answer);
        });
    }

    /// <summary>The context is lost before anybody is answered: an open that follows the answer waits for its end.</summary>
    private void AnswerAll()
    {
        _environment.Table.Waiting.Lose();
        while (_unanswered.TryDequeue(out var caller)) caller.Tell((Answer)Errno.EIO);
    }
}
