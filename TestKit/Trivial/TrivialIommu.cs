using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Trivial;

/// <summary>An IOMMU without caches or formats, for tests of the object model alone. It keeps book of what was not given back.</summary>
internal sealed partial class TrivialIommu : IIommuDriver
{
    public const HwptDataType NestedData = HwptDataType.ArmSmmuv3;

    private int _live;

    /// <param name="name">Its name, and its queue's.</param>
    /// <param name="decorate">What is put around its queue; nothing without.</param>
    public TrivialIommu(string name, Func<ICommandQueue, ICommandQueue>? decorate = null)
    {
        Name = name;
        Queue = new TrivialQueue($"{name}-cmdq");
        Commands = decorate?.Invoke(Queue) ?? Queue;
    }

    public string Name { get; }

    public TrivialQueue Queue { get; }

    /// <summary>The queue that its commands go to.</summary>
    public ICommandQueue Commands { get; }

    public bool Translates { get; set; } = true;

    /// <summary>Commands of each batch that flushes, moves or frees.</summary>
    public int FlushCommands { get; init; } = 1;

    /// <summary>Domains and vIOMMUs that exist.</summary>
    public int Live => _live;

    /// <summary>Where a domain finds no table to map a page; null when there is enough for every one.</summary>
    public ulong? UnmappableIova { get; set; }

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type) =>
        type is HwInfoType.None or HwInfoType.ArmSmmuv3 ? new HwInfo(HwInfoType.ArmSmmuv3, new byte[] { 1, 2, 3, 4 }) : Errno.EOPNOTSUPP;

    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default) =>
        flags.HasFlag(HwptAllocFlags.DirtyTracking) ? Errno.EOPNOTSUPP : new PagingDomain(this, flags.HasFlag(HwptAllocFlags.NestParent));

    /// <summary>A guest's first stage asks for a virtual device, as an SMMUv3's does.</summary>
    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        if (to is not null && to.Iommu != this) return Errno.EINVAL;
        if (to is INestedDomain { Viommu: Viommu viommu } && !viommu.Knows(device)) return Errno.ENOENT;
        if (to is not null && Refuse(device, to) is var errno and not Errno.None) return errno;
        return new Result<IEnumerable<CommandBatch>>(Errno.None, Moved(device, 0, from, to));
    }

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => type == ViommuType.ArmSmmuv3;

    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services) =>
        data.Type != (uint)ViommuType.ArmSmmuv3 ? Errno.EOPNOTSUPP : parent.Iommu != this ? Errno.EINVAL : new Viommu(this, parent);

    private CommandBatch Batch(int commands) => new(Commands, new ulong[commands]);

    private CommandBatch Batch() => Batch(FlushCommands);

    private IEnumerable<CommandBatch> Flushed()
    {
        yield return Batch();
    }

    private abstract class Domain : IDomain
    {
        protected Domain(TrivialIommu iommu)
        {
            Owner = iommu;
            Interlocked.Increment(ref iommu._live);
        }

        public IIommuDriver Iommu => Owner;

        protected TrivialIommu Owner { get; }

        public IEnumerable<CommandBatch> Free()
        {
            yield return Owner.Batch();
            Interlocked.Decrement(ref Owner._live);
        }
    }

    private sealed class PagingDomain(TrivialIommu iommu, bool nestParent) : Domain(iommu), IPagingDomain
    {
        private readonly SortedDictionary<ulong, ulong> _pages = [];

        public bool IsNestParent => nestParent;

        public ulong PageSizes => 4096;

        public ulong ApertureLast => (1UL << 48) - 1;

        public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access)
        {
            for (var offset = 0UL; offset < lengthBytes; offset += 4096)
            {
                if (iova + offset == Owner.UnmappableIova) return Errno.ENOMEM;
                _pages.Add(iova + offset, physical + offset);
            }
            return Errno.None;
        }

        public ulong Unmap(ulong iova, ulong lengthBytes)
        {
            var unmapped = 0UL;
            for (var offset = 0UL; offset < lengthBytes; offset += 4096)
                if (_pages.Remove(iova + offset)) unmapped += 4096;
            return unmapped;
        }

        public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes) => Owner.Flushed();

        public ulong? Lookup(ulong iova) => _pages.TryGetValue(iova & ~4095UL, out var frame) ? frame | (iova & 4095) : null;
    }

    private sealed class NestedDomain(TrivialIommu iommu, Viommu viommu) : Domain(iommu), INestedDomain
    {
        public IViommuDriver? Viommu => viommu;
    }

    private sealed class Viommu : IViommuDriver
    {
        private readonly TrivialIommu _iommu;
        private readonly Dictionary<ulong, PhysicalDevice> _devices = [];

        public Viommu(TrivialIommu iommu, IPagingDomain parent)
        {
            _iommu = iommu;
            Parent = parent;
            Interlocked.Increment(ref iommu._live);
        }

        public IIommuDriver Iommu => _iommu;

        public IPagingDomain Parent { get; }

        public Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data)
        {
            if (flags != HwptAllocFlags.None || data.Type != (uint)NestedData) return Errno.EOPNOTSUPP;
            return data.Copy((uint)NestedData, 16, 16) is { Failed: true, Errno: var errno } ? errno : new NestedDomain(_iommu, this);
        }

        public Errno AddVdevice(PhysicalDevice device, ulong virtualId)
        {
            lock (_devices) return _devices.TryAdd(virtualId, device) ? Errno.None : Errno.EEXIST;
        }

        public void RemoveVdevice(ulong virtualId)
        {
            lock (_devices) _devices.Remove(virtualId);
        }

        public bool Knows(PhysicalDevice device)
        {
            lock (_devices) return _devices.ContainsValue(device);
        }

        /// <summary>An entry whose first byte is 0xff is refused.</summary>
        public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
        {
            if (dataType != InvalidateDataType.ArmSmmuv3) return new PreparedInvalidation(Errno.EINVAL, 0, null);
            var handled = 0;
            while (handled < entryNum && entries[handled * entryLength] != 0xff) handled++;
            var errno = handled == entryNum ? Errno.None : Errno.EIO;
            return new PreparedInvalidation(errno, handled, handled == 0 ? null : _iommu.Batch(handled));
        }

        public IEnumerable<CommandBatch> Free()
        {
            yield return _iommu.Batch();
            Interlocked.Decrement(ref _iommu._live);
        }
    }
}

/// <summary>A queue whose commands do nothing but count.</summary>
internal sealed class TrivialQueue(string name) : ICommandQueue
{
    private ulong _produced;
    private bool _held;

    public string Name => name;

    public int WordsPerCommand => 1;

    public ulong ConsumedTotal { get; private set; }

    /// <summary>Nothing completes as long as it is set.</summary>
    public bool Held { get => Volatile.Read(ref _held); set => Volatile.Write(ref _held, value); }

    public int Produce(ReadOnlySpan<ulong> words)
    {
        _produced += (ulong)words.Length;
        return words.Length;
    }

    public QueueStep Step()
    {
        if (ConsumedTotal == _produced) return QueueStep.Idle;
        if (Held) return QueueStep.Waiting;
        ConsumedTotal++;
        return QueueStep.Progress;
    }
}
