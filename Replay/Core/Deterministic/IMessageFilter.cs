using Akka.Actor;

namespace Iommu.Replay;

/// <summary>
/// Stands before the mailboxes of all actors of a deterministic run: sees what is told to whom, and may drop it, put something else in its
/// place, or keep it and tell it later. What it tells itself passes by it too.
/// </summary>
public interface IMessageFilter
{
    /// <param name="recipient">Whose mailbox.</param>
    /// <param name="message">What was told.</param>
    /// <param name="sender">By whom; null for nobody.</param>
    /// <returns>What goes into the mailbox; null for nothing.</returns>
    object? Told(IActorRef recipient, object message, IActorRef? sender);

    /// <summary>A message of the runtime's own (create, watch, stop) goes to the actor, before all others. It cannot be kept.</summary>
    void Signalled(IActorRef recipient) { }
}
