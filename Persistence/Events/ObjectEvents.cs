using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Persistence.Events;

/// <param name="Name">The device's name in the machine's inventory.</param>
public sealed record DeviceBound(ObjectId Id, string Name) : ObjectCreated(Id)
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
public sealed record HwptPagingAllocated(ObjectId Id, ObjectId Ioas, string DeviceName, HwptAllocFlags Flags, bool Auto)
    : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.HwptPaging;

    public override IEnumerable<ObjectId> DependsOn => [Ioas];
}

/// <param name="Data">The user data of HWPT_ALLOC: what the guest's tables are.</param>
public sealed record HwptNestedAllocated(ObjectId Id, ObjectId Viommu, HwptDataType DataType, byte[] Data) : ObjectCreated(Id)
{
    public override ObjectType Type => ObjectType.HwptNested;

    public override IEnumerable<ObjectId> DependsOn => [Viommu];
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

public sealed record ObjectDestroyed(ObjectId Id) : GraphEvent;

/// <summary>A vDEVICE went with its device: its id answers ENOENT and is not used again until the context closes.</summary>
public sealed record VdeviceTombstoned(ObjectId Id) : GraphEvent;

/// <summary>The context closed with nothing left: its tombstones went with it.</summary>
public sealed record TombstonesCleared : GraphEvent;

public sealed record DeviceAttached(ObjectId Device, ObjectId Hwpt) : GraphEvent;

public sealed record DeviceDetached(ObjectId Device) : GraphEvent;
