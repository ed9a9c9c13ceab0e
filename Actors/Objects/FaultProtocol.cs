using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Objects;

/// <summary>
/// One attachment of one address space of a device (struct iommufd_attach_handle): faults carry it, so that those of an attachment
/// that has ended are told from those of the next one. Compared by identity.
/// </summary>
/// <param name="device">The bound device.</param>
/// <param name="physical">What it is in the machine.</param>
/// <param name="pasid">The address space; 0 is the device's own.</param>
internal sealed class AttachHandle(ObjectId device, PhysicalDevice physical, uint pasid)
{
    public ObjectId Device { get; } = device;

    public PhysicalDevice Physical { get; } = physical;

    public uint Pasid { get; } = pasid;
}

/// <summary>From who owns an attachment to the fault queue of its HWPT: a whole group of page faults.</summary>
internal sealed record DeliverFaults(AttachHandle Handle, IReadOnlyList<PageFault> Group);

/// <summary>
/// From who owns an attachment to the fault queue of its HWPT: the attachment has ended; answer every group of it with INVALID,
/// whether it was read or not. Answered by <see cref="AutoResponded"/>.
/// </summary>
internal sealed record AutoRespond(AttachHandle Handle);

internal sealed record AutoResponded(AttachHandle Handle);

/// <summary>A device reports a page fault: to whoever owns its attachments. A sender is answered when that is done with it.</summary>
internal sealed record ReportFault(PhysicalDevice Device, PageFault Fault)
{
    /// <summary>Answers a sender, if there is one: a device does not wait.</summary>
    public static void Answer(IActorRef sender, IActorContext context) => ReportVevent.Answer(sender, context, Errno.None);
}

/// <summary>
/// To a vIOMMU: something happened that its guest must know. A sender is answered: EOPNOTSUPP without an event queue of the type.
/// </summary>
internal sealed record ReportVevent(VeventqType Type, ReadOnlyMemory<byte> Data)
{
    /// <summary>Answers a sender, if there is one: a driver does not wait.</summary>
    public static void Answer(IActorRef sender, IActorContext context, Errno errno)
    {
        if (!sender.Equals(context.System.DeadLetters)) sender.Tell((Answer)errno);
    }
}
