using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>What vIOMMUs and paging HWPTs ask of the areas; they hold the IOAS meanwhile. Here: the rings of hardware queues.</summary>
internal sealed partial class IoasActor
{
    private void Serve(AreaRequest request)
    {
        switch (request)
        {
            case PinRing pin:
                Pin(pin);
                break;
            case UnpinRing unpin:
                Unpin(unpin.Ring);
                break;
            case TrackDirty track:
                TrackDirty(track);
                break;
            case ReadDirty read:
                ReadDirty(read);
                break;
        }
    }

    private void Pin(PinRing pin)
    {
        var caller = Sender;
        var joined = _pagetable.AddAccess(pin.Ring, pins: true);
        var frames = joined == Errno.None
            ? _pagetable.PinForAccess(pin.Ring.Iova, pin.Ring.LengthBytes, write: false, lockArea: true) : joined;
        if (frames.Failed) _pagetable.RemoveAccess(pin.Ring);
        // The context's stream is another one: a queue must not be durable before the map that made it possible.
        DeferAsync(new RingPinned(pin, frames), pinned => pin.ReplyTo.Tell(pinned, caller));
    }

    private void Unpin(Ring ring)
    {
        var errno = _pagetable.UnpinForAccess(ring.Iova, ring.LengthBytes, lockArea: true);
        _pagetable.RemoveAccess(ring);
        if (errno != Errno.None)
            throw new InvariantViolation("I5", $"the ring at 0x{ring.Iova:x} is unpinned, but it was not pinned: {errno}");
    }
}
