using Akka.Actor;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>IOVAs that attached devices cannot use.</summary>
internal sealed partial class IoasActor
{
    /// <summary>
    /// All or none (iopt_table_enforce_dev_resv_regions). The context's stream is another one: an attach must not be durable before the
    /// unmap that made it possible.
    /// </summary>
    private void Reserve(ReserveRegions reserve)
    {
        var asking = Sender;
        var errno = Errno.None;
        foreach (var reservation in reserve.Reservations)
            if (errno == Errno.None) errno = _pagetable.Reserve(reservation.Ranges, reservation);
        if (errno != Errno.None)
            foreach (var reservation in reserve.Reservations) _pagetable.Unreserve(reservation);
        DeferAsync(new RegionsReserved(errno), reserved => asking.Tell(reserved));
    }
}
