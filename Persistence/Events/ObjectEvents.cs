using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Persistence.Events;

/// <param name="Name">The device's name in the machine's inventory.</param>
/// <param name="Selftest">The object that plugged it in; none (0) in v1, and for a device that the machine has anyway.</param>
/// <param name="MockFlags">What it was plugged in with; none (0) in v1.</param>
public sealed record DeviceBound(ObjectId Id, string Name, ObjectId Selftest = default, uint MockFlags = 0) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.Device;
}

/// <param name="Stream">The persistence id of its mappings; unique also when the id is used again.</param>
public sealed record IoasAllocated(ObjectId Id, string Stream) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.Ioas;
}

/// <param name="DeviceName">A device of the machine behind the IOMMU that it was allocated for.</param>
/// <param name="Auto">Made by an attach to the IOAS; goes with its last attachment.</param>
/// <param name="FaultQueue">Who gets its page faults; none (0) in v1.</param>
/// <param name="DataType">The layout of <paramref name="Data"/>; none (0) in v1.</param>
/// <param name="Data">The user data of HWPT_ALLOC; null in v1, and where there is none.</param>
public sealed record HwptPagingAllocated(
    ObjectId Id, ObjectId Ioas, string DeviceName, HwptAllocFlags Flags, bool Auto,
    ObjectId FaultQueue = default, HwptDataType DataType = HwptDataType.None, byte[]? Data = null) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.HwptPaging;

    public override IEnumerable<ObjectId> DependsOn => WithFaultQueue(Ioas, FaultQueue);
}

/// <param name="Viommu">The vIOMMU that it is on, or a nest parent: HWPT_ALLOC's pt_id. The field keeps the name that v1 gave it.</param>
/// <param name="Data">The user data of HWPT_ALLOC: what the guest's tables are.</param>
/// <param name="Flags">The flags of HWPT_ALLOC; none in v1.</param>
/// <param name="FaultQueue">Who gets its page faults; none (0) in v1.</param>
/// <param name="DeviceName">
/// The device that it was allocated for, when it is straight on a nest parent; null in v1, and on a vIOMMU.
/// </param>
public sealed record HwptNestedAllocated(
    ObjectId Id, ObjectId Viommu, HwptDataType DataType, byte[] Data,
    HwptAllocFlags Flags = HwptAllocFlags.None, ObjectId FaultQueue = default, string? DeviceName = null) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.HwptNested;

    public override IEnumerable<ObjectId> DependsOn => WithFaultQueue(Viommu, FaultQueue);

    public ObjectId Parent => Viommu;
}

/// <param name="Hwpt">The stage 2, for life.</param>
/// <param name="DeviceName">A device of the machine behind the IOMMU that is sliced.</param>
public sealed record ViommuAllocated(ObjectId Id, ObjectId Hwpt, string DeviceName, ViommuType ViommuType, byte[] Data)
    : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.Viommu;

    public override IEnumerable<ObjectId> DependsOn => [Hwpt];
}

public sealed record VdeviceAllocated(ObjectId Id, ObjectId Viommu, ObjectId Device, ulong VirtualId) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.Vdevice;

    public override IEnumerable<ObjectId> DependsOn => [Viommu, Device];
}

/// <summary>A fault queue. Its open file is the process's: it does not come back from a journal.</summary>
public sealed record FaultQueueAllocated(ObjectId Id) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.Fault;
}

/// <summary>An event queue of a vIOMMU. Its open file is the process's: it does not come back from a journal.</summary>
public sealed record VeventqAllocated(ObjectId Id, ObjectId Viommu, VeventqType QueueType, uint Depth) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.Veventq;

    public override IEnumerable<ObjectId> DependsOn => [Viommu];
}

/// <summary>
/// Numbers of an event queue below <paramref name="Next"/> may have been given to events: what comes after a recovery begins with it.
/// </summary>
public sealed record VeventqSequenceReserved(ObjectId Veventq, uint Next) : GraphEvent;

/// <param name="Iova">Where the ring is, in the IOAS of the vIOMMU's nest parent.</param>
/// <param name="DependsOnQueue">Another queue that must go after this one; none (0) when there is none.</param>
public sealed record HwQueueAllocated(
    ObjectId Id, ObjectId Viommu, HwQueueType QueueType, uint Index, ulong Iova, ulong LengthBytes, ObjectId DependsOnQueue)
    : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.HwQueue;

    public override IEnumerable<ObjectId> DependsOn => DependsOnQueue == ObjectId.None ? [Viommu] : [Viommu, DependsOnQueue];
}

/// <param name="PinsPages">Whether it may pin.</param>
public sealed record AccessCreated(ObjectId Id, bool PinsPages) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.Access;
}

/// <param name="Device">The bound device that it owns.</param>
public sealed record SelftestCreated(ObjectId Id, ObjectId Device) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.Selftest;
}

public sealed record ObjectDestroyed(ObjectId Id) : GraphEvent;

/// <summary>A vDEVICE went with its device: its id answers ENOENT and is not used again until the context closes.</summary>
public sealed record VdeviceTombstoned(ObjectId Id) : GraphEvent;

/// <summary>The context closed with nothing left: its tombstones went with it, and what had been set for it.</summary>
public sealed record TombstonesCleared : GraphEvent;

/// <param name="Pasid">The address space of the device; 0 is its own, and what v1 means.</param>
public sealed record DeviceAttached(ObjectId Device, ObjectId Hwpt, uint Pasid = 0) : GraphEvent;

/// <param name="Pasid">The address space of the device; 0 is its own, and what v1 means.</param>
public sealed record DeviceDetached(ObjectId Device, uint Pasid = 0) : GraphEvent;

/// <summary>Whether writes of devices set the dirty bits of a paging HWPT (IOMMU_HWPT_SET_DIRTY_TRACKING).</summary>
public sealed record DirtyTrackingSet(ObjectId Hwpt, bool Enabled) : GraphEvent;

/// <summary>An access is on this IOAS from now on, and on no other.</summary>
public sealed record AccessAttached(ObjectId Access, ObjectId Ioas) : GraphEvent;

public sealed record AccessDetached(ObjectId Access) : GraphEvent;

/// <summary>How pins are charged from now on: 0 to the user, 1 to the process (IOMMU_OPTION_RLIMIT_MODE).</summary>
public sealed record RlimitModeSet(ulong Mode) : GraphEvent;

/// <summary>The VFIO compatibility calls work on this IOAS from now on; on none when it is 0.</summary>
public sealed record VfioIoasSet(ObjectId Ioas) : GraphEvent;

/// <summary>The VFIO compatibility calls are in no-IOMMU mode from now on, until the context closes.</summary>
public sealed record VfioNoIommuSet : GraphEvent;
