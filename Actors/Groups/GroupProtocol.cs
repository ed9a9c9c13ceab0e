using Akka.Actor;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Groups;

/// <summary>
/// From an HWPT, which holds both counts for it, to the group of the device that the call names: attach it to me. The sender is the
/// caller.
/// </summary>
/// <param name="Hwpt">The HWPT.</param>
/// <param name="Acquire">How the call came to it: the same object all the way, so that an IOAS knows its own attempts again.</param>
internal sealed record AttachTo(ObjectEntry Hwpt, Acquire Acquire)
{
    public ObjectEntry Device => Acquire.Other!;

    public DeviceAttach Call => (DeviceAttach)Acquire.Call;

    /// <summary>
    /// Drops what the HWPT holds for it and answers the caller. A domain of an IOAS's own making that nobody uses goes first; one that
    /// does not suit the device gives way to the next (iommufd_device_auto_get_domain).
    /// </summary>
    public void Refuse(IActorRef caller, Errno errno)
    {
        if (!Hwpt.Auto)
        {
            Hwpt.Actor.Tell(Release.Call);
            caller.Tell((Answer)errno);
        }
        else if (errno == Errno.EINVAL && NamesIoas) Hwpt.Ioas!.Tell(new TryNextDomain(Acquire, Hwpt), caller);
        else
        {
            Hwpt.Actor.Tell(new Depart(Release.Call, caller, errno));
            Over();
        }
    }

    /// <summary>Lets the IOAS that the call named, if it did, begin the next attach.</summary>
    public void Over()
    {
        if (NamesIoas) Hwpt.Ioas!.Tell(AttachOver.Instance);
    }

    private bool NamesIoas => Call.PageTable != Hwpt.Id;
}

/// <summary>
/// From an IOAS to the group of a device that is attached to it: no domain could be made for it. The group answers the sender, which
/// is the caller.
/// </summary>
internal sealed record NoDomain(Acquire Acquire, Errno Errno);

/// <summary>
/// From the context to a group in recovery: this device was attached there; program the hardware again. Answered by
/// <see cref="AttachmentRestored"/>.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="Hwpt">Where it was attached; its counts are right already.</param>
/// <param name="Pasid">The address space.</param>
/// <param name="StandIns">
/// Virtual ids, by device of the group, for the vDEVICEs that the driver asks for, and that have been destroyed since.
/// </param>
internal sealed record RestoreAttachment(
    ObjectEntry Device, ObjectEntry Hwpt, uint Pasid, IReadOnlyDictionary<PhysicalDevice, ulong> StandIns);

internal sealed record AttachmentRestored(Errno Errno, ObjectId Device, uint Pasid);

/// <summary>From the context to a group: this device of it is no object any more.</summary>
internal sealed record DeviceGone(IActorRef Device);

/// <summary>
/// To the group of a device: it is about to be reset; block it, and move the group nowhere until <see cref="ResetEnds"/>. Answered with
/// success. They nest.
/// </summary>
internal sealed record ResetBegins(PhysicalDevice Device);

/// <summary>To the group of a device: its reset is over; put it back. Answered with what a driver says that refuses that.</summary>
internal sealed record ResetEnds(PhysicalDevice Device);
