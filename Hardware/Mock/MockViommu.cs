using System.Buffers.Binary;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Mock;

/// <summary>
/// The mock's vIOMMU: it clears words of the caches of its devices, has up to two hardware queues that do nothing, and gives two pages
/// to mmap() when it is allocated with user data (selftest.c, struct mock_viommu). Any thread may call it.
/// </summary>
public sealed class MockViommu : IViommuDriver
{
    public const int HwQueuesMax = 2;

    private const int DataBytes = 24;
    private const int DataBytesMin = 8;
    private const int EntryBytes = 12;
    private const int MmapOrder = 1;
    private const ulong MmapBytes = (ulong)PhysicalMemory.PageBytes << MmapOrder;

    private readonly Lock _lock = new();
    private readonly MockIommu _iommu;
    private readonly IViommuServices _services;
    private readonly Dictionary<ulong, PhysicalDevice> _devices = [];
    private readonly MockHwQueue?[] _queues = new MockHwQueue?[HwQueuesMax];
    private ulong? _pages;
    private ulong _mmapOffset;

    private MockViommu(MockIommu iommu, MockPagingDomain parent, IViommuServices services) =>
        (_iommu, Parent, _services) = (iommu, parent, services);

    public IIommuDriver Iommu => _iommu;

    public IPagingDomain Parent { get; }

    public ReadOnlyMemory<byte> UserDataBack { get; private set; }

    public Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data) =>
        (flags & ~(HwptAllocFlags.Pasid | HwptAllocFlags.FaultIdValid)) != 0
            ? Errno.EOPNOTSUPP : MockNestedDomain.Create(_iommu, this, data);

    public Errno AddVdevice(PhysicalDevice device, ulong virtualId)
    {
        lock (_lock) return _devices.TryAdd(virtualId, device) ? Errno.None : Errno.EEXIST;
    }

    public void RemoveVdevice(ulong virtualId)
    {
        lock (_lock) _devices.Remove(virtualId);
    }

    /// <summary>
    /// Entries of 12 bytes: flags (1 for all words), virtual id, number of the word. The number must be good even where it is ignored.
    /// EINVAL another type, unknown virtual id, a number above 3; EOPNOTSUPP unknown flag; E2BIG a longer entry that has more to say.
    /// </summary>
    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        if (dataType != InvalidateDataType.Selftest) return new(Errno.EINVAL, 0, null);
        // The array is copied whole before any entry is looked at.
        var copy = new byte[entryNum * EntryBytes];
        for (var i = 0; i < entryNum; i++)
        {
            var entry = entries.Slice(i * entryLength, entryLength);
            var known = Math.Min(EntryBytes, entryLength);
            if (entry[known..].ContainsAnyExcept((byte)0)) return new(Errno.E2BIG, 0, null);
            entry[..known].CopyTo(copy.AsSpan(i * EntryBytes));
        }
        for (var i = 0; i < entryNum; i++)
        {
            var errno = InvalidateOne(copy.AsSpan(i * EntryBytes, EntryBytes));
            if (errno != Errno.None) return new(errno, i, null);
        }
        return new(Errno.None, entryNum, null);
    }

    public bool SupportsHwQueue(HwQueueType type) => type == HwQueueType.Selftest;

    /// <returns>
    /// EINVAL index, EEXIST index in use, EIO the one below not in use, EFAULT an address that is not the one behind the IOVA.
    /// </returns>
    public Result<IHwQueueDriver> InitHwQueue(HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes)
    {
        if (index >= HwQueuesMax) return Errno.EINVAL;
        lock (_lock)
        {
            if (_queues[index] is not null) return Errno.EEXIST;
            var below = index == 0 ? null : _queues[index - 1];
            if (index > 0 && below is null) return Errno.EIO;
            if (Parent.Lookup(iova) != physical) return Errno.EFAULT;
            return _queues[index] = new MockHwQueue(this, index, below);
        }
    }

    public IEnumerable<CommandBatch> Free()
    {
        if (_pages is { } pages)
        {
            _services.FreeMmap(_mmapOffset);
            _iommu.Frames.Free(pages, MmapOrder);
        }
        yield break;
    }

    /// <summary>User data, if any, is struct iommu_viommu_selftest: in_data, out_data, out_mmap_offset, out_mmap_length.</summary>
    internal static Result<IViommuDriver> Create(MockIommu iommu, MockPagingDomain parent, UserData data, IViommuServices services)
    {
        var viommu = new MockViommu(iommu, parent, services);
        var errno = data.IsEmpty ? Errno.None : viommu.OfferPages(data);
        return errno != Errno.None ? errno : viommu;
    }

    internal ulong? VirtualIdOf(PhysicalDevice device)
    {
        lock (_lock)
        {
            foreach (var (virtualId, known) in _devices)
                if (ReferenceEquals(known, device)) return virtualId;
            return null;
        }
    }

    internal void Free(MockHwQueue queue)
    {
        lock (_lock) _queues[queue.Index] = null;
    }

    private Errno OfferPages(UserData data)
    {
        var copied = data.Copy((uint)ViommuType.Selftest, DataBytesMin, DataBytes);
        if (copied.Failed) return copied.Errno;
        if (_iommu.Frames.Allocate(MmapOrder) is not { } pages) return Errno.ENOMEM;
        var offset = _services.AllocMmap(pages, MmapBytes);
        if (offset.Failed)
        {
            _iommu.Frames.Free(pages, MmapOrder);
            return offset.Errno;
        }
        (_pages, _mmapOffset) = (pages, offset.Value);
        var back = copied.Value!;
        var input = MockUserData.Word(back, 0);
        _iommu.Memory.Write32(pages, input);
        BinaryPrimitives.WriteUInt32LittleEndian(back.AsSpan(4), input);
        BinaryPrimitives.WriteUInt64LittleEndian(back.AsSpan(8), offset.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(back.AsSpan(16), MmapBytes);
        UserDataBack = back.AsMemory(0, data.Bytes.Length);
        return Errno.None;
    }

    private Errno InvalidateOne(ReadOnlySpan<byte> entry)
    {
        var (flags, virtualId, word) = (MockUserData.Word(entry, 0), MockUserData.Word(entry, 1), MockUserData.Word(entry, 2));
        if ((flags & ~MockNestedDomain.InvalidateAll) != 0) return Errno.EOPNOTSUPP;
        if (word >= MockDevice.CacheWords) return Errno.EINVAL;
        lock (_lock)
        {
            if (!_devices.TryGetValue(virtualId, out var device) || _iommu.StateOf(device) is not { } state) return Errno.EINVAL;
            if (flags == MockNestedDomain.InvalidateAll)
                for (var i = 0; i < MockDevice.CacheWords; i++) state.InvalidateCache(i);
            else state.InvalidateCache((int)word);
        }
        return Errno.None;
    }
}
