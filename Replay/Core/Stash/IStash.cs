namespace Akka.Actor;

/// <summary>Where an actor puts messages that it cannot handle now.</summary>
public interface IStash
{
    int Count { get; }

    bool IsEmpty { get; }

    bool NonEmpty { get; }

    bool IsFull { get; }

    int Capacity { get; }

    /// <summary>Keeps the current message.</summary>
    /// <exception cref="IllegalActorStateException">It is kept already.</exception>
    void Stash();

    /// <summary>Puts the earliest kept message at the front of the mailbox.</summary>
    void Unstash();

    /// <summary>Puts all kept messages at the front of the mailbox, in the order in which they came.</summary>
    void UnstashAll();

    /// <summary>As UnstashAll for those that pass; the others are dropped.</summary>
    void UnstashAll(Func<Envelope, bool> predicate);

    IEnumerable<Envelope> ClearStash();

    void Prepend(IEnumerable<Envelope> envelopes);
}
