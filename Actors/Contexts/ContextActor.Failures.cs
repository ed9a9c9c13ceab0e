using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Actors.Contexts;

/// <summary>What becomes of a context when an object of it fails, or its journal.</summary>
internal sealed partial class ContextActor
{
    private bool _isServing;

    /// <summary>A broken invariant is a finding to report, and the run goes on to be looked at; anything else ends the context.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause =>
    {
        if (cause is InvariantViolation violation)
        {
            Context.System.EventStream.Publish(violation);
            return Directive.Resume;
        }
        return Directive.Escalate;
    });

    protected override void PostStop()
    {
        // A context that has failed keeps its devices for its next incarnation; one that could not be brought back has none.
        if (_left || !_isServing) _settings.Owners.DisclaimAll(_settings.Name);
        // Whoever waits for an answer is told now, and not by running out of patience.
        if (!_left) _settings.Table.Waiting.Lose();
        base.PostStop();
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        // Before anybody is answered: an open that follows the answer waits for this context's end.
        _settings.Table.Waiting.Lose();
        Sender.Tell((Answer)Errno.EIO);
        Context.Parent.Tell(new ContextLost(_settings.Name, new JournalException(
            $"context {_settings.Name} has lost its journal: {cause.GetBaseException().Message}", cause)));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _settings.Table.Waiting.Lose();
        Sender.Tell((Answer)Errno.EIO);
        throw new JournalException($"{PersistenceId}: the journal refused an event", cause);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        var cause = _order.Explain(reason);
        Context.Parent.Tell(new ContextLost(_settings.Name, cause));
        base.OnRecoveryFailure(cause, message!);
    }

    private JournalException Without(JournalLost lost) =>
        new($"context {_settings.Name}: object {lost.Id} has lost its journal: "
            + (lost.Cause as JournalException ?? lost.Cause.GetBaseException()).Message, lost.Cause)
        {
            Row = (lost.Cause as JournalException)?.Row,
        };
}
