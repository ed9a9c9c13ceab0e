using System.Buffers.Binary;
using System.Collections.Concurrent;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>
/// A slice of one IOMMU for a guest: a domain id of its own for the stage 2, a map of the guest's domain ids, a page of registers that
/// the VMM can map into the guest, and the guest's command buffer and logs where it has given them to the hardware.
/// </summary>
public sealed class AmdViommu : IViommuDriver
{
    /// <summary>Length of the user data of its allocation (struct iommu_viommu_amd): offset and length of the register page.</summary>
    public const int UserDataBytes = 16;

    private readonly AmdDriver _driver;
    private readonly IViommuServices _services;
    private readonly ConcurrentDictionary<ushort, PhysicalDevice> _devices = new();
    private readonly GuestDomainIds _domains;
    private readonly GuestCommands _commands;
    private readonly GuestInterface _guest;
    private readonly GuestCommandOwner _owner;
    private readonly Dictionary<HwQueueType, AmdHwQueue> _queues = [];
    private readonly ulong _mmapOffset;

    private AmdViommu(
        AmdDriver driver, AmdPagingDomain parent, GuestInterface guest, AmdViommu? predecessor, ushort domain, ulong mmapOffset,
        IViommuServices services)
    {
        (_driver, ParentDomain, _guest, DomainId, _mmapOffset, _services) = (driver, parent, guest, domain, mmapOffset, services);
        _domains = new GuestDomainIds(driver.AllocateDomainId);
        _commands = new GuestCommands(driver.Hardware.Registers.Efr, _domains, domain, DeviceOf);
        Logs = new GuestLogs(guest, VirtualIdOf, services);
        _owner = new GuestCommandOwner(driver.Memory, parent.Table, _commands, Logs);
        driver.Hardware.Watch(_owner.InFlight);
        CommandBuffer.Assign(_owner);
        if (predecessor is null) CommandBuffer.Resume();
        else driver.Hardware.Unwatch(predecessor._owner.InFlight);
        parent.Reach.Add(new CacheReach(CacheReachKind.Domain, domain));
    }

    public IIommuDriver Iommu => _driver;

    public IPagingDomain Parent => ParentDomain;

    /// <summary>Under which the parent is installed for devices whose guest entry has no domain id.</summary>
    public ushort DomainId { get; }

    /// <summary>The guest's command buffer, idle until an HW_QUEUE gives it a ring.</summary>
    public CommandBuffer CommandBuffer => _guest.CommandBuffer;

    /// <summary>Where the guest's registers are.</summary>
    public ulong RegisterPage => _guest.Physical;

    public bool HasInterface => true;

    public ReadOnlyMemory<byte> UserDataBack
    {
        get
        {
            if (_mmapOffset == 0) return default;
            var back = new byte[UserDataBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(back, _mmapOffset);
            BinaryPrimitives.WriteUInt64LittleEndian(back.AsSpan(8), PhysicalMemory.PageBytes);
            return back;
        }
    }

    internal AmdPagingDomain ParentDomain { get; }

    internal GuestLogs Logs { get; }

    /// <returns>EINVAL for user data of another length; ENOSPC when there is no domain id; what AllocMmap answers.</returns>
    internal static Result<AmdViommu> Create(
        AmdDriver driver, AmdPagingDomain parent, GuestInterface guest, AmdViommu? predecessor, UserData data, IViommuServices services)
    {
        if (!data.IsEmpty && data.Copy((uint)ViommuType.Amd, UserDataBytes, UserDataBytes) is { Failed: true } bad) return bad.Errno;
        if (driver.AllocateDomainId() is not { } domain) return Errno.ENOSPC;
        var offset = data.IsEmpty ? 0UL : services.AllocMmap(guest.Physical, PhysicalMemory.PageBytes);
        if (!offset.Failed) return new AmdViommu(driver, parent, guest, predecessor, domain, offset.Value, services);
        driver.FreeDomainId(domain);
        return offset.Errno;
    }

    /// <returns>EOPNOTSUPP for flags or another type; ENOSPC when no domain id is left for a new one of the guest's.</returns>
    public Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data)
    {
        if (flags != HwptAllocFlags.None || data.Type != (uint)HwptDataType.AmdGuest) return Errno.EOPNOTSUPP;
        var bytes = data.Copy((uint)HwptDataType.AmdGuest, GuestDeviceEntry.Bytes, GuestDeviceEntry.Bytes);
        if (bytes.Failed) return bytes.Errno;
        var entry = GuestDeviceEntry.Parse(bytes.Value, _driver.Hardware.Registers.Efr);
        if (entry.Failed) return entry.Errno;
        if (entry.Value.Kind == Formats.EntryKind.Pass) return new AmdNestedDomain(this, entry.Value, DomainId);
        if (_domains.Acquire(entry.Value.DomainId) is not { } mapped) return Errno.ENOSPC;
        if (mapped.IsNew) ParentDomain.Reach.Add(new CacheReach(CacheReachKind.Domain, mapped.Host));
        return new AmdNestedDomain(this, entry.Value, mapped.Host);
    }

    /// <returns>EEXIST when the virtual id is taken; EINVAL when it has more than 16 bits or the device is another IOMMU's.</returns>
    public Errno AddVdevice(PhysicalDevice device, ulong virtualId)
    {
        if (virtualId > ushort.MaxValue || !_driver.Serves(device)) return Errno.EINVAL;
        return _devices.TryAdd((ushort)virtualId, device) ? Errno.None : Errno.EEXIST;
    }

    public void RemoveVdevice(ulong virtualId) => _devices.TryRemove((ushort)virtualId, out _);

    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        if (dataType != InvalidateDataType.Amd || entryNum < 0 || (entryNum > 0 && entryLength <= 0)) return new(Errno.EINVAL, 0, null);
        var words = _commands.Convert(entries, entryLength, entryNum, out var errno, out var handled);
        return new(errno, handled, words.IsEmpty ? null : new CommandBatch(_driver.Queue, words));
    }

    public bool SupportsHwQueue(HwQueueType type) =>
        type is HwQueueType.AmdCommandBuffer or HwQueueType.AmdEventLog or HwQueueType.AmdPprLog;

    /// <returns>EINVAL for an index other than 0, or a length that is not 2^8 to 2^15 entries; EEXIST.</returns>
    public Result<IHwQueueDriver> InitHwQueue(HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes)
    {
        if (!SupportsHwQueue(type)) return Errno.EOPNOTSUPP;
        var (least, most) = (CommandBuffer.CommandBytes << 8, CommandBuffer.CommandBytes << 15);
        if (index != 0 || !ulong.IsPow2(lengthBytes) || lengthBytes < (ulong)least || lengthBytes > (ulong)most) return Errno.EINVAL;
        lock (_queues)
        {
            if (_queues.ContainsKey(type)) return Errno.EEXIST;
            var queue = _queues[type] = new AmdHwQueue(this, type);
            if (type == HwQueueType.AmdCommandBuffer) _owner.Ring = iova;
            // It is when its vIOMMU had it before a crash.
            if (!IsOpenAt(type, physical, (uint)lengthBytes)) Open(type, physical, (uint)lengthBytes);
            return queue;
        }
    }

    /// <summary>What of its predecessor's has not been asked for again is over: it had been destroyed, or was never whole.</summary>
    public void Recovered()
    {
        foreach (var type in new[] { HwQueueType.AmdCommandBuffer, HwQueueType.AmdEventLog, HwQueueType.AmdPprLog })
            if (!_queues.ContainsKey(type)) Close(type);
        CommandBuffer.Resume();
    }

    public IEnumerable<CommandBatch> Free()
    {
        CommandBuffer.Close();
        yield return new CommandWriter(_driver.Queue).Add(Command.AllPages(DomainId)).Close();
        _driver.Hardware.Unwatch(_owner.InFlight);
        ParentDomain.Reach.Remove(new CacheReach(CacheReachKind.Domain, DomainId));
        _driver.FreeDomainId(DomainId);
        if (_mmapOffset != 0) _services.FreeMmap(_mmapOffset);
        _driver.FreeGuest(_guest);
    }

    internal ushort? VirtualIdOf(ushort device)
    {
        foreach (var (id, known) in _devices)
            if (known.StreamId == device) return id;
        return null;
    }

    // What is cached under the id goes before the next owner can get it (I10).
    internal IEnumerable<CommandBatch> FreeNested(AmdNestedDomain domain)
    {
        if (domain.Entry.Kind == Formats.EntryKind.Pass || !_domains.Release(domain.Entry.DomainId)) yield break;
        yield return new CommandWriter(_driver.Queue).Add(Command.AllPages(domain.HostDomainId)).Close();
        ParentDomain.Reach.Remove(new CacheReach(CacheReachKind.Domain, domain.HostDomainId));
        _driver.FreeDomainId(domain.HostDomainId);
    }

    // The IOMMU is through with the ring when a wait of the host's has seen what the guest was in the middle of.
    internal IEnumerable<CommandBatch> FreeQueue(HwQueueType type)
    {
        Close(type);
        yield return new CommandWriter(_driver.Queue).Close();
        lock (_queues) _queues.Remove(type);
    }

    private ushort? DeviceOf(ushort virtualId) => _devices.TryGetValue(virtualId, out var device) ? (ushort)device.StreamId : null;

    private void Open(HwQueueType type, ulong physical, uint lengthBytes)
    {
        if (type == HwQueueType.AmdCommandBuffer) CommandBuffer.Open(physical, lengthBytes);
        else LogOf(type).Open(physical, lengthBytes);
    }

    private bool IsOpenAt(HwQueueType type, ulong physical, uint lengthBytes) => type == HwQueueType.AmdCommandBuffer
        ? CommandBuffer.IsOpenAt(physical, lengthBytes) : LogOf(type).IsOpenAt(physical, lengthBytes);

    private LogRing LogOf(HwQueueType type) => type == HwQueueType.AmdEventLog ? _guest.Events : _guest.PageRequests;

    private void Close(HwQueueType type)
    {
        if (type == HwQueueType.AmdCommandBuffer) CommandBuffer.Close();
        else LogOf(type).Close();
    }
}
