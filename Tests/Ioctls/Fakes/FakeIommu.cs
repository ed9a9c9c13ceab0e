using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls.Fakes;

/// <summary>
/// An IOMMU that has everything that a guest can be given, without formats or caches. It keeps book of what was not given back and
/// of what it was asked.
/// </summary>
internal sealed class FakeIommu(string name) : IIommuDriver
{
    public const HwptDataType NestedData = HwptDataType.Selftest;
    public const InvalidateDataType InvalidateData = InvalidateDataType.Selftest;

    private int _live;

    public string Name => name;

    public TrivialQueue Queue { get; } = new($"{name}-cmdq");

    /// <summary>Domains, vIOMMUs and queues that exist.</summary>
    public int Live => Volatile.Read(ref _live);

    public bool SupportsNested { get; init; } = true;

    public DeviceCapabilities Features { get; init; } = new() { DirtyTracking = true };

    /// <summary>What the next vIOMMU's allocation comes to after it has done everything; none when it succeeds.</summary>
    public Errno ViommuErrno { get; set; }

    /// <summary>Flags and data of every allocation, as the core handed them over.</summary>
    public List<(HwptAllocFlags Flags, UserData Data)> Allocs { get; } = [];

    public (HwptAllocFlags Flags, UserData Data) LastAlloc => Allocs[^1];

    public FakeViommu? LastViommu { get; set; }

    public FakePagingDomain? LastPaging { get; private set; }

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type) => new HwInfo(HwInfoType.Selftest, default);

    public DeviceCapabilities Capabilities(PhysicalDevice device) => Features;

    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default)
    {
        Allocs.Add((flags, data));
        if (!data.IsEmpty && data.Type != (uint)NestedData) return Errno.EOPNOTSUPP;
        return LastPaging = new FakePagingDomain(
            this, flags.HasFlag(HwptAllocFlags.NestParent), flags.HasFlag(HwptAllocFlags.DirtyTracking));
    }

    public Result<INestedDomain> AllocNested(PhysicalDevice device, IPagingDomain parent, HwptAllocFlags flags, UserData data)
    {
        Allocs.Add((flags, data));
        if (data.Type != (uint)NestedData) return Errno.EOPNOTSUPP;
        return parent.Iommu == this ? new FakeNestedDomain(this, null) : Errno.EINVAL;
    }

    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) =>
        to is not null && to.Iommu != this ? Errno.EINVAL : new Result<IEnumerable<CommandBatch>>(Errno.None, Flushed());

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => type == ViommuType.Selftest;

    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        Allocs.Add((default, data));
        var viommu = FakeViommu.Create(this, parent, data, services);
        if (viommu.Failed) return viommu.Errno;
        LastViommu = viommu.Value!;
        if (ViommuErrno == Errno.None) return LastViommu;
        foreach (var _ in LastViommu.Free()) { }
        return ViommuErrno;
    }

    public CommandBatch Batch(int commands = 1) => new(Queue, new ulong[commands]);

    public IEnumerable<CommandBatch> Flushed()
    {
        yield return Batch();
    }

    public void Made() => Interlocked.Increment(ref _live);

    public IEnumerable<CommandBatch> Freed()
    {
        yield return Batch();
        Interlocked.Decrement(ref _live);
    }
}
