using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Groups;

/// <summary>
/// The IOVAs that a device cannot use: reserved for it in the IOAS that it is attached to without PASID, one device at a time, and in
/// the next one before it leaves the last (iommufd_device_attach_reserved_iova, iommufd_group_do_replace_reserved_iova).
/// </summary>
internal sealed partial class GroupActor
{
    private readonly Dictionary<PhysicalDevice, (IActorRef Ioas, Reservation Reservation)> _reserved = [];

    /// <param name="attempt">The attach.</param>
    /// <param name="then">
    /// Gets what was reserved; or EADDRINUSE when an area or an allowed range is in the way.
    /// </param>
    private void Reserve(Attempt attempt, Action<Result<IReadOnlyList<Reservation>>> then)
    {
        var devices = DevicesToReserveFor(attempt);
        if (devices.Count > 0 && attempt.Fails("reserve regions"))
        {
            then(Errno.EINVAL);
            return;
        }
        Reservation[] wanted =
            [.. devices.Select(device => new Reservation(device)).Where(reservation => reservation.Ranges.Count > 0)];
        if (wanted.Length == 0)
        {
            then(wanted);
            return;
        }
        Await<RegionsReserved>(reserved => then(reserved.Errno == Errno.None ? wanted : reserved.Errno));
        attempt.Hwpt.Ioas!.Tell(new ReserveRegions(wanted));
    }

    private IReadOnlyList<PhysicalDevice> DevicesToReserveFor(Attempt attempt)
    {
        if (attempt.Pasid != 0 || !attempt.Physical.Iommu.Translates) return [];
        if (attempt.Work != AttachWork.Replace) return [attempt.Physical];
        return attempt.Hwpt.Ioas!.Equals(_attachments[0].Hwpt.Ioas) ? [] : [.. _table.Devices(0).Select(PhysicalOf)];
    }

    /// <summary>What gives the regions back of devices that are not there any more.</summary>
    private IEnumerable<(IActorRef, object)> Unreserve(IEnumerable<PhysicalDevice> devices)
    {
        foreach (var device in devices)
            if (_reserved.Remove(device, out var held)) yield return (held.Ioas, new UnreserveRegions(held.Reservation));
    }

    private PhysicalDevice PhysicalOf(ObjectId device) => (PhysicalDevice)environment.Table.Find(device)!.Hardware!;
}
