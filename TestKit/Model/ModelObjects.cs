using System.Collections.Immutable;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>An object of a context, and the objects that it holds a reference on for its whole life.</summary>
internal abstract record ModelObject(ObjectType Type)
{
    public virtual IEnumerable<ObjectId> References => [];

    /// <summary>References on it that no object holds: a driver's, an open file's.</summary>
    public virtual int Owners => 0;
}

/// <summary>A bound device: its driver holds a reference.</summary>
internal sealed record DeviceObject(string Name) : ModelObject(ObjectType.Device)
{
    public override int Owners => 1;
}

/// <summary>An IOAS.</summary>
internal sealed record IoasObject() : ModelObject(ObjectType.Ioas)
{
    /// <summary>By first IOVA.</summary>
    public ImmutableSortedDictionary<ulong, ModelArea> Areas { get; init; } = ImmutableSortedDictionary<ulong, ModelArea>.Empty;

    /// <summary>What automatic allocation is confined to; empty is everything.</summary>
    public ImmutableList<IovaRange> Allowed { get; init; } = [];

    public bool LargePages { get; init; } = true;

    /// <summary>Its paging HWPTs, the oldest first: attaches to the IOAS try them in this order.</summary>
    public ImmutableList<ObjectId> Hwpts { get; init; } = [];
}

/// <summary>A mapping.</summary>
/// <param name="Iova">First IOVA.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="Address">User address, or file offset, of the first byte.</param>
/// <param name="Rights">What devices may do.</param>
/// <param name="Pages">What is mapped; areas that copies made share it.</param>
internal sealed record ModelArea(ulong Iova, ulong LengthBytes, ulong Address, IoasMapFlags Rights, ModelPages Pages)
{
    /// <summary>An unmap is under way: nothing else can be done with it, and its IOVAs are not free.</summary>
    public bool IsGoing { get; init; }

    /// <summary>An unmap asks accesses to let go of it, or has given up on one that does not: no other gets in any more.</summary>
    public bool NoAccess { get; init; }

    public ulong Last => Iova + (LengthBytes - 1);

    public IovaRange Range => new(Iova, Last);
}

/// <summary>The memory of one MAP call.</summary>
/// <param name="Number">Tells it from others.</param>
/// <param name="File">The file that it is of; null for memory of the process.</param>
/// <param name="Writable">Whether it was mapped to be written, which a copy may not exceed.</param>
internal sealed record ModelPages(int Number, int? File, bool Writable);

/// <summary>What a device can be attached to.</summary>
internal abstract record HwptObject(ObjectType Type, DriverRules Iommu, HwptAllocFlags Flags, ObjectId FaultQueue) : ModelObject(Type)
{
    public bool WithPasids => Flags.HasFlag(HwptAllocFlags.Pasid);

    public bool HasFaultQueue => FaultQueue != ObjectId.None;
}

/// <summary>Tables filled from an IOAS.</summary>
internal sealed record PagingObject(
    ObjectId Ioas, DriverRules Iommu, HwptAllocFlags Flags, PagingLimits Limits, bool Auto, ObjectId FaultQueue)
    : HwptObject(ObjectType.HwptPaging, Iommu, Flags, FaultQueue)
{
    public bool NestParent => Flags.HasFlag(HwptAllocFlags.NestParent);

    public bool Tracking { get; init; }

    public override IEnumerable<ObjectId> References => HasFaultQueue ? [Ioas, FaultQueue] : [Ioas];
}

/// <summary>A guest's first stage.</summary>
/// <param name="Parent">The stage 2 below it.</param>
/// <param name="Viommu">The vIOMMU that it is on; none when it is straight on its parent.</param>
internal sealed record NestedObject(ObjectId Parent, ObjectId Viommu, DriverRules Iommu, HwptAllocFlags Flags, ObjectId FaultQueue)
    : HwptObject(ObjectType.HwptNested, Iommu, Flags, FaultQueue)
{
    private ObjectId Below => Viommu == ObjectId.None ? Parent : Viommu;

    public override IEnumerable<ObjectId> References => HasFaultQueue ? [Below, FaultQueue] : [Below];
}

internal sealed record ViommuObject(ObjectId Hwpt, DriverRules Iommu, ViommuType ViommuType) : ModelObject(ObjectType.Viommu)
{
    /// <summary>Where mmap() finds what it offers.</summary>
    public ulong MmapOffset { get; init; }

    /// <summary>How much it offers to mmap(); 0 for nothing.</summary>
    public ulong MmapBytes { get; init; }

    /// <summary>Mappings that stand; each holds a reference.</summary>
    public int Mappings { get; init; }

    public override int Owners => Mappings;

    public override IEnumerable<ObjectId> References => [Hwpt];
}

internal sealed record VdeviceObject(ObjectId Viommu, ObjectId Device, ulong? VirtualId) : ModelObject(ObjectType.Vdevice)
{
    public override IEnumerable<ObjectId> References => [Viommu, Device];
}

/// <summary>A fault queue; its open file holds a reference.</summary>
internal sealed record FaultObject(bool IsOpen = true) : ModelObject(ObjectType.Fault)
{
    public override int Owners => IsOpen ? 1 : 0;
}

/// <summary>An event queue of a vIOMMU; its open file holds a reference.</summary>
internal sealed record VeventqObject(ObjectId Viommu, VeventqType QueueType, bool IsOpen = true) : ModelObject(ObjectType.Veventq)
{
    public override int Owners => IsOpen ? 1 : 0;

    public override IEnumerable<ObjectId> References => [Viommu];
}

/// <summary>What pins memory of an IOAS.</summary>
internal abstract record PinningObject(ObjectType Type) : ModelObject(Type)
{
    /// <summary>Whether it may pin, and so asks for areas that are made of pages.</summary>
    public abstract bool PinsPages { get; }

    /// <summary>The IOAS that it is on.</summary>
    public ObjectId Ioas { get; init; }

    /// <summary>Ranges that it has pinned, one for each pin.</summary>
    public ImmutableList<IovaRange> Pinned { get; init; } = [];
}

/// <summary>A hardware queue. Nobody is told when what is under its ring is to go: it stays.</summary>
/// <param name="Below">The queue that goes after it; none for the first.</param>
internal sealed record HwQueueObject(ObjectId Viommu, HwQueueType QueueType, uint Index, ObjectId Below)
    : PinningObject(ObjectType.HwQueue)
{
    public override bool PinsPages => true;

    public override IEnumerable<ObjectId> References => Below == ObjectId.None ? [Viommu] : [Viommu, Below];
}

/// <summary>A driver's way to the memory of an IOAS; the driver holds a reference.</summary>
/// <param name="PinsPages">Whether it may pin.</param>
internal sealed record AccessObject(bool PinsPages) : PinningObject(ObjectType.Access)
{
    public override bool PinsPages { get; } = PinsPages;

    /// <summary>Whether its driver ignores what it is told of unmaps.</summary>
    public bool NeverLetsGo { get; init; }

    public override int Owners => 1;

    public override IEnumerable<ObjectId> References => Ioas == ObjectId.None ? [] : [Ioas];
}

/// <summary>What a group of devices, or a PASID of it, is attached to, and which devices have asked for it.</summary>
internal sealed record Attachment(ObjectId Hwpt, ImmutableSortedSet<uint> Devices);
