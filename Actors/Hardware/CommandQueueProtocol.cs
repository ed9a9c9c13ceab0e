using Akka.Actor;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Hardware;

/// <summary>A doorbell: run these commands, after all that came before them.</summary>
/// <param name="Batch">The commands, with the synchronization that closes them.</param>
/// <param name="Owner">Who is told by <see cref="BatchDone"/> when they have completed, before the sender is answered.</param>
/// <param name="Tag">Given back in <see cref="BatchDone"/>.</param>
/// <param name="Answer">What to answer the sender with; null when nobody waits.</param>
internal sealed record RunBatch(CommandBatch Batch, IActorRef Owner, long Tag, Answer? Answer);

/// <summary>Every command of the batch has completed.</summary>
/// <param name="Tag">The tag of <see cref="RunBatch"/>.</param>
/// <param name="Errno">EIO when the queue stopped on a command.</param>
internal sealed record BatchDone(long Tag, Errno Errno)
{
    /// <summary>The tag of a call that nobody has to tell apart.</summary>
    public const long Untagged = 0;

    public static readonly BatchDone UntaggedSuccess = new(Untagged, Errno.None);
}
