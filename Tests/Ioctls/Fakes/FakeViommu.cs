using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Ioctls.Fakes;

/// <summary>
/// A vIOMMU with a page of MMIO, offered when it is allocated with data, and two hardware queues, the second of which needs the
/// first. It fails when two threads are in it at once.
/// </summary>
internal sealed class FakeViommu : IViommuDriver
{
    public const uint QueuesMax = 2;
    public const ulong VirtualIdMax = 0xffff;
    public const ulong RegionPhysical = 0x9_0000_0000;
    public const ulong RegionBytes = 2 * 4096;

    private readonly FakeIommu _iommu;
    private readonly Dictionary<ulong, PhysicalDevice> _devices = [];
    private readonly FakeHwQueue?[] _queues = new FakeHwQueue?[QueuesMax];
    private int _callers;

    private FakeViommu(FakeIommu iommu, IPagingDomain parent, IViommuServices services)
    {
        (_iommu, Parent, Services) = (iommu, parent, services);
        iommu.Made();
    }

    public IIommuDriver Iommu => _iommu;

    public IPagingDomain Parent { get; }

    public IViommuServices Services { get; }

    public ulong? Offset { get; private set; }

    public ReadOnlyMemory<byte> UserDataBack => Offset is { } offset ? BitConverter.GetBytes(offset) : default;

    /// <summary>Plants a bug: its region is not given back.</summary>
    public bool KeepsRegion { get; set; }

    /// <summary>What the driver says to the next vDEVICE.</summary>
    public Errno VdeviceErrno { get; set; }

    /// <summary>Virtual ids that an invalidation can name.</summary>
    public IReadOnlyCollection<ulong> Known => _devices.Keys;

    public FakeHwQueue? Queue(uint index) => _queues[index];

    public static Result<FakeViommu> Create(FakeIommu iommu, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (parent.Iommu != iommu || data.Bytes.Length is not (0 or 8)) return Errno.EINVAL;
        var offset = data.IsEmpty ? default(Result<ulong>?) : services.AllocMmap(RegionPhysical, RegionBytes);
        if (offset is { Failed: true }) return offset.Value.Errno;
        return new FakeViommu(iommu, parent, services) { Offset = offset?.Value };
    }

    public Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data) => Alone<Result<INestedDomain>>(() =>
        (flags & ~HwptAllocFlags.Pasid) == 0 && data.Type == (uint)FakeIommu.NestedData
            ? new FakeNestedDomain(_iommu, this) : Errno.EOPNOTSUPP);

    public Errno AddVdevice(PhysicalDevice device, ulong virtualId) => Alone(() =>
        _devices.ContainsKey(virtualId) ? Errno.EEXIST
            : virtualId > VirtualIdMax ? Errno.EINVAL
            : VdeviceErrno != Errno.None ? VdeviceErrno
            : _devices.TryAdd(virtualId, device) ? Errno.None : Errno.EEXIST);

    public void RemoveVdevice(ulong virtualId) => Alone(() => _devices.Remove(virtualId));

    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum) =>
        FakeNestedDomain.Convert(_iommu, dataType, entries, entryLength, entryNum);

    public bool SupportsHwQueue(HwQueueType type) => type == HwQueueType.Selftest;

    public Result<IHwQueueDriver> InitHwQueue(HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes) =>
        Alone<Result<IHwQueueDriver>>(() =>
        {
            if (index >= QueuesMax) return Errno.EINVAL;
            if (_queues[index] is not null) return Errno.EEXIST;
            if (index > 0 && _queues[index - 1] is null) return Errno.EIO;
            if (Parent.Lookup(iova) != physical) return Errno.EFAULT;
            return _queues[index] = new FakeHwQueue(this, index, physical, index > 0 ? _queues[index - 1] : null);
        });

    public IEnumerable<CommandBatch> Free()
    {
        if (_devices.Count > 0 || _queues.Any(queue => queue is not null)) throw new InvalidOperationException("something is left on it");
        foreach (var batch in _iommu.Freed()) yield return batch;
        if (Offset is { } offset && !KeepsRegion) Services.FreeMmap(offset);
    }

    /// <summary>One caller at a time (<see cref="IViommuDriver"/>).</summary>
    private T Alone<T>(Func<T> call)
    {
        if (Interlocked.Increment(ref _callers) > 1) throw new InvalidOperationException("two calls at once");
        try
        {
            return call();
        }
        finally
        {
            Interlocked.Decrement(ref _callers);
        }
    }

    internal sealed class FakeHwQueue : IHwQueueDriver
    {
        private readonly FakeViommu _viommu;
        private readonly uint _index;

        public FakeHwQueue(FakeViommu viommu, uint index, ulong physical, FakeHwQueue? dependsOn)
        {
            (_viommu, _index, Physical, DependsOn) = (viommu, index, physical, dependsOn);
            viommu._iommu.Made();
        }

        public IHwQueueDriver? DependsOn { get; }

        public ulong Physical { get; }

        public IEnumerable<CommandBatch> Free()
        {
            foreach (var batch in _viommu._iommu.Freed()) yield return batch;
            _viommu.Alone(() => _viommu._queues[_index] = null);
        }
    }
}
