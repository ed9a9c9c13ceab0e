namespace Akka.Actor.Internal;

/// <summary>The stash of one instance of an actor.</summary>
internal sealed class UnboundedStashImpl(ActorCell cell) : IStash
{
    private List<Envelope>? _kept;
    private int _lastEnvelopeId = -1;

    public int Count => _kept?.Count ?? 0;

    public bool IsEmpty => Count == 0;

    public bool NonEmpty => Count > 0;

    public bool IsFull => Capacity >= 0 && Count >= Capacity;

    public int Capacity => cell.Props.Deploy.StashCapacity;

    public void Stash()
    {
        var message = cell.CurrentMessage;
        if (cell.CurrentEnvelopeId == _lastEnvelopeId)
            throw new IllegalActorStateException($"Can't stash the same message {message} more than once");
        if (IsFull) throw new StashOverflowException($"Couldn't enqueue message {message} from {cell.Sender} to stash of {cell.Self}");
        _lastEnvelopeId = cell.CurrentEnvelopeId;
        (_kept ??= []).Add(new Envelope(message, cell.Sender));
    }

    public void Unstash()
    {
        if (Count == 0) return;
        var first = _kept![0];
        _kept.RemoveAt(0);
        ToMailbox(first);
    }

    public void UnstashAll() => UnstashAll(static _ => true);

    public void UnstashAll(Func<Envelope, bool> predicate)
    {
        var kept = _kept;
        if (kept is null) return;
        _kept = null;
        for (var i = kept.Count - 1; i >= 0; i--)
            if (predicate(kept[i]))
                ToMailbox(kept[i]);
    }

    public IEnumerable<Envelope> ClearStash()
    {
        var kept = _kept;
        _kept = null;
        return kept ?? [];
    }

    public void Prepend(IEnumerable<Envelope> envelopes) => (_kept ??= []).InsertRange(0, envelopes.Distinct());

    private void ToMailbox(Envelope envelope)
    {
        cell.EnqueueFirst(envelope);
        if (envelope.Message is Terminated terminated) cell.TerminatedQueuedFor(terminated.ActorRef);
    }
}
