using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>The queues of their own that guests of a host can have: what a VMM asks iommufd for, and what the guest then has.</summary>
public abstract class GuestQueues
{
    /// <summary>Of IOMMU_HW_QUEUE_ALLOC.</summary>
    public abstract HwQueueType Type { get; }

    /// <summary>How many a guest can have; vCPUs share them when there are fewer than vCPUs.</summary>
    public abstract int PerGuest { get; }

    /// <summary>Length of a ring, to which it is aligned in the guest's memory: a power of two from 4 KiB.</summary>
    public abstract ulong RingBytes { get; }

    /// <summary>The guest's half of a queue that its VMM has allocated; it is not on yet.</summary>
    public abstract GuestQueue Open(QueueGrant grant);
}

/// <summary>A queue that a VMM has allocated for its guest.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Index">Which of the guest's.</param>
/// <param name="Ring">Physical address of the ring.</param>
/// <param name="Registers">Physical address of the page that the VMM has mapped by the vIOMMU's offset.</param>
/// <param name="Viommu">The driver's half of the vIOMMU.</param>
/// <param name="Devices">The guest's devices.</param>
public sealed record QueueGrant(
    string Name, int Index, ulong Ring, ulong Registers, IViommuDriver Viommu, IReadOnlyList<GuestDevice> Devices);

/// <summary>A device of a guest, as its VMM has set it up.</summary>
/// <param name="VirtualId">What the guest calls it.</param>
/// <param name="Asid">What the guest tags its translations by: an ASID, or a domain id.</param>
/// <param name="Physical">What it is.</param>
/// <param name="Pasid">Which address space of it is the guest's; 0 is the device's own.</param>
/// <param name="NestedId">Its nested HWPT.</param>
/// <param name="Nested">The driver's half of that; null for a device on the nest parent itself.</param>
public sealed record GuestDevice(
    uint VirtualId, ushort Asid, PhysicalDevice Physical, uint Pasid, ObjectId NestedId, INestedDomain? Nested);
