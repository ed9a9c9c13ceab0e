using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>
/// What the driver of one IOMMU accepts, as rules without state: the second half of the model. An errno in the place of a value is
/// what the driver refuses with.
/// </summary>
/// <param name="name">The IOMMU.</param>
internal abstract class DriverRules(string name)
{
    public string Name { get; } = name;

    public abstract Result<HwInfo> HwInfo(ModelDevice device, HwInfoType type);

    public abstract Result<PagingLimits> Paging(ModelDevice device, HwptAllocFlags flags, UserData data);

    /// <summary>What a paging domain says of an area that does not begin and end where its pages may; None when it takes it.</summary>
    public virtual Errno Misaligned => Errno.None;

    /// <summary>Whether it nests straight on paging domains.</summary>
    public abstract bool NestsOnParents { get; }

    /// <summary>A nested domain straight on a paging one.</summary>
    public abstract Errno Nested(HwptAllocFlags flags, UserData data);

    public abstract Errno NestedOnViommu(HwptAllocFlags flags, UserData data);

    public abstract bool HasPasids { get; }

    /// <summary>
    /// Whether devices may move to a domain of this IOMMU; what is asked of a vDEVICE is <see cref="NestedWantsVdevice"/>.
    /// </summary>
    public abstract Errno Attach(ModelDevice device, uint pasid, HwptObject hwpt);

    /// <summary>Whether a device must have a vDEVICE on the vIOMMU of a nested domain that it is attached to (ENOENT).</summary>
    public abstract bool NestedWantsVdevice { get; }

    public abstract bool HasViommus(ViommuType type);

    /// <summary>A vIOMMU on a parent of an IOMMU: what it offers to mmap(), 0 for nothing.</summary>
    public abstract Result<ulong> Viommu(UserData data, DriverRules parent);

    /// <summary>The user data of a vIOMMU as it is written back.</summary>
    public virtual ReadOnlyMemory<byte> ViommuDataBack(UserData data, ulong mmapOffset) => default;

    /// <param name="virtualId">What the guest calls the device.</param>
    public abstract Errno Vdevice(ulong virtualId);

    /// <summary>The entries of an invalidation array that are handled, and why not more.</summary>
    /// <param name="call">The call.</param>
    /// <param name="hasVirtualId">Whether a vDEVICE of the vIOMMU goes by an id. Null for a nested domain.</param>
    public abstract Answer Invalidate(HwptInvalidate call, Func<ulong, bool>? hasVirtualId);

    public abstract bool HasHwQueues(HwQueueType type);

    /// <param name="index">Which queue.</param>
    /// <param name="used">Which ones there are on its vIOMMU.</param>
    public abstract Errno HwQueue(uint index, IReadOnlyCollection<uint> used);

    /// <summary>Whether the other IOMMU is of the same kind, be it another instance.</summary>
    public bool IsSameDriver(DriverRules other) => GetType() == other.GetType();

    public override string ToString() => Name;
}

/// <summary>What the tables of a paging domain can hold.</summary>
/// <param name="PageSizes">A bit each.</param>
/// <param name="ApertureFirst">The first IOVA.</param>
/// <param name="ApertureLast">The last IOVA.</param>
internal sealed record PagingLimits(ulong PageSizes, ulong ApertureFirst, ulong ApertureLast)
{
    public ulong SmallestPage => PageSizes & (~PageSizes + 1);
}
