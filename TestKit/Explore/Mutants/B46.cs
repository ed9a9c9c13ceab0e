using System.Runtime.CompilerServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Balance veventq->num_events inc/dec" taken back: an event that a read could not copy out is counted against the depth of its queue once
/// more when it goes back on it, and so the queue is full before it is.
/// </summary>
internal sealed class B46 : MailMutant
{
    public override string Name => "B46";

    public override string Summary => "a read that fails leaks depth of the event queue";

    public override string Scenario => "read-events";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is not ReadEvents read) return message;
        var failed = false;
        Tell(recipient, read with { CopyOut = CopyOut }, sender);
        // Behind it in one mailbox: nothing comes between them.
        Tell(recipient, new Inspect(found =>
        {
            if (failed && found.State is VeventRing ring) SetHeld(ring, ring.Held + 1);
            return found.Id;
        }), null);
        return null;

        Errno CopyOut(int offset, ReadOnlySpan<byte> bytes)
        {
            var errno = read.CopyOut(offset, bytes);
            failed |= errno != Errno.None;
            return errno;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Held")]
    private static extern void SetHeld(VeventRing ring, uint held);
}
