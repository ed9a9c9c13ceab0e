using System.Runtime.InteropServices;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// A slice of one unit for a guest that invalidates by a queue of its own (a vIOMMU type of this project's): the slots by which its
/// ids are replaced, the register page, and at most one queue.
/// </summary>
public sealed class VtdViommu : IViommuDriver
{
    private const int DataBytes = 32;
    private const ulong LengthMax = 1UL << 19;

    private readonly Lock _lock = new();
    private readonly VtdDriver _driver;
    private readonly VtdPagingDomain _parent;
    private readonly IViommuServices _services;
    private readonly GuestInvalidationQueue _hardware;
    private readonly ulong _mmapOffset;
    private bool _hasQueue;

    private VtdViommu(
        VtdDriver driver, VtdPagingDomain parent, IViommuServices services, GuestInvalidationQueue hardware, ulong mmapOffset)
    {
        (_driver, _parent, _services, _hardware, _mmapOffset) = (driver, parent, services, hardware, mmapOffset);
        var back = new IommuViommuVtdDirect { OutMmapOffset = mmapOffset, OutMmapLength = PhysicalMemory.PageBytes };
        UserDataBack = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref back, 1)).ToArray();
        // Status writes of wait descriptors are cached under the parent's own domain id.
        parent.Tags.Add(OwnTag);
    }

    public IIommuDriver Iommu => _driver;

    public IPagingDomain Parent => _parent;

    public ReadOnlyMemory<byte> UserDataBack { get; }

    public bool HasInterface => true;

    /// <summary>The guest's queue; null when it has none.</summary>
    public GuestInvalidationQueue? Queue { get { lock (_lock) return _hasQueue ? _hardware : null; } }

    /// <summary>Where the guest's registers are.</summary>
    public ulong RegisterPage => _hardware.Physical;

    internal GuestIds Ids { get; } = new();

    private VtdCacheTag OwnTag => new(VtdCacheTagKind.Iotlb, (uint)_parent.DomainId, 0);

    /// <returns>
    /// EOPNOTSUPP a flag or another type; EINVAL a length, a reserved field, an id that is wider than 16 bits; EEXIST one in use.
    /// </returns>
    public Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data)
    {
        if ((flags & ~HwptAllocFlags.Pasid) != 0 || data.Type != (uint)HwptDataType.VtdDirectS1) return Errno.EOPNOTSUPP;
        var copied = data.Copy((uint)HwptDataType.VtdDirectS1, DataBytes, DataBytes);
        if (copied.Failed) return copied.Errno;
        var direct = MemoryMarshal.Read<IommuHwptVtdDirectS1>(copied.Value);
        if (direct.Reserved != 0 || direct.GuestDomainId > ushort.MaxValue) return Errno.EINVAL;
        if (Ids.DomainOf((ushort)direct.GuestDomainId) is not null) return Errno.EEXIST;
        var nested = _driver.AllocNested(_parent, GuestFirstStage.Of(direct.FirstStage), this);
        if (!nested.Failed) Ids.TryAddDomain((ushort)direct.GuestDomainId, ((VtdNestedDomain)nested.Value!).DomainId);
        return nested;
    }

    /// <returns>EEXIST when the virtual id is taken; EINVAL when it is no requester id or the device is another unit's.</returns>
    public Errno AddVdevice(PhysicalDevice device, ulong virtualId)
    {
        if (virtualId > ushort.MaxValue || !_driver.Serves(device)) return Errno.EINVAL;
        return Ids.TryAddSource((ushort)virtualId, device.StreamId) ? Errno.None : Errno.EEXIST;
    }

    public void RemoveVdevice(ulong virtualId) => Ids.RemoveSource((ushort)virtualId);

    /// <summary>Invalidations that trap go to the nested HWPT.</summary>
    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum) =>
        new(Errno.EOPNOTSUPP, 0, null);

    public bool SupportsHwQueue(HwQueueType type) => type == HwQueueType.VtdInvalidation;

    /// <returns>
    /// EINVAL an index but 0, a length that is no power of two from 4 to 512 KiB, a ring that is not page aligned; EEXIST.
    /// </returns>
    public Result<IHwQueueDriver> InitHwQueue(HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes)
    {
        var isLength = lengthBytes is >= PhysicalMemory.PageBytes and <= LengthMax && (lengthBytes & (lengthBytes - 1)) == 0;
        if (index != 0 || !isLength || (physical & (PhysicalMemory.PageBytes - 1)) != 0) return Errno.EINVAL;
        lock (_lock)
        {
            if (_hasQueue) return Errno.EEXIST;
            _hasQueue = true;
            _hardware.Open(physical, lengthBytes);
            return new GuestQueueDriver(this);
        }
    }

    /// <summary>A ring of its predecessor's that has not been asked for again is not read any more.</summary>
    public void Recovered()
    {
        if (Queue is null) _hardware.Close();
        _hardware.Resume();
    }

    public IEnumerable<CommandBatch> Free()
    {
        yield return _driver.Writer().Add(Descriptor.IotlbOfDomain(_parent.DomainId)).Close();
        _parent.Tags.Remove(OwnTag);
        _services.FreeMmap(_mmapOffset);
        _driver.FreeGuestQueue(_hardware);
    }

    /// <returns>EINVAL another length; what the offer of the page answers.</returns>
    internal static Result<VtdViommu> Create(
        VtdDriver driver, VtdPagingDomain parent, GuestInvalidationQueue hardware, UserData data, IViommuServices services)
    {
        var copied = data.Copy((uint)ViommuType.VtdDirect, Marshal.SizeOf<IommuViommuVtdDirect>(), Marshal.SizeOf<IommuViommuVtdDirect>());
        if (copied.Failed) return copied.Errno;
        var offset = services.AllocMmap(hardware.Physical, PhysicalMemory.PageBytes);
        return offset.Failed ? offset.Errno : new VtdViommu(driver, parent, services, hardware, offset.Value);
    }

    /// <summary>A fault of a first stage of the guest's, by its event queue, with its own id of the device.</summary>
    internal void Report(FaultRecord fault)
    {
        if (Ids.GuestSourceOf(fault.SourceId) is not { } source) return;
        var data = new byte[FaultRecord.Bytes];
        var own = fault.WithSource(source);
        MemoryMarshal.Write(data, own.Word0);
        MemoryMarshal.Write(data.AsSpan(sizeof(ulong)), own.Word1);
        _services.ReportEvent(VeventqType.VtdDirect, data);
    }

    internal void Forget(int domainId) => Ids.RemoveDomain(domainId);

    private void FreeQueue()
    {
        lock (_lock)
        {
            _hardware.Close();
            _hasQueue = false;
        }
    }

    private sealed class GuestQueueDriver(VtdViommu viommu) : IHwQueueDriver
    {
        public IEnumerable<CommandBatch> Free()
        {
            viommu.FreeQueue();
            yield break;
        }
    }
}
