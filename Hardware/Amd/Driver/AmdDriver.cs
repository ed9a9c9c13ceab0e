using System.Buffers.Binary;
using System.Collections.Concurrent;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>
/// The host's driver of one AMD IOMMU: it writes device table and page tables into memory in the architecture's formats and says which
/// commands make the IOMMU see them.
/// </summary>
public sealed partial class AmdDriver : IIommuDriver
{
    private const HwptAllocFlags Supported =
        HwptAllocFlags.NestParent | HwptAllocFlags.DirtyTracking | HwptAllocFlags.FaultIdValid;

    // Interrupts, and what HyperTransport keeps for itself (iommu.c, amd_iommu_get_resv_regions).
    private static readonly IovaRange[] Reserved = [new(0xFEE0_0000, 0xFEEF_FFFF), new(0xFD_0000_0000, 0xFF_FFFF_FFFF)];

    private readonly DeviceTable _table;
    private readonly IdAllocator _domainIds;
    private readonly ConcurrentDictionary<PhysicalDevice, bool> _devices = new();
    private readonly ConcurrentDictionary<ushort, PhysicalDevice> _byDeviceId = new();

    private AmdDriver(PhysicalMemory memory, FrameAllocator frames, AmdIommu iommu, DeviceTable table, ICommandQueue queue, int domainIds)
    {
        (Memory, Frames, Hardware, _table, Queue) = (memory, frames, iommu, table, queue);
        _domainIds = new IdAllocator(1, domainIds);
        _guests = new GuestSlots<AmdViommu>(0, iommu.Guests.Count);
        var registers = iommu.Registers;
        _eventLog = new LogReader(
            memory, registers.Queues, registers.EventLog, QueueRegisters.EventHeadOffset, QueueRegisters.EventTailOffset);
        _pprLog = new LogReader(
            memory, registers.Queues, registers.PprLog, QueueRegisters.PprHeadOffset, QueueRegisters.PprTailOffset);
        iommu.Interrupt = _interrupts.Raise;
    }

    public string Name => Hardware.Name;

    /// <summary>The queue that carries every batch of this driver.</summary>
    public ICommandQueue Queue { get; }

    internal PhysicalMemory Memory { get; }

    internal FrameAllocator Frames { get; }

    internal AmdIommu Hardware { get; }

    private ulong Efr => Hardware.Registers.Efr;

    private bool CanNest => (Efr & ExtendedFeatures.GuestTranslation) != 0 && (Efr & ExtendedFeatures.GuestIo) != 0
        && (Hardware.Registers.Efr2 & ExtendedFeatures.TranslatedGuestRoot) != 0;

    /// <summary>Brings an IOMMU up: device table and rings in memory, everything aborting, then translation.</summary>
    /// <param name="memory">The host's memory.</param>
    /// <param name="frames">Where tables and rings come from.</param>
    /// <param name="iommu">The hardware, after reset.</param>
    /// <param name="queue">The host's command buffer, or a decorator of it.</param>
    /// <param name="domainIds">The largest domain id that is used.</param>
    /// <returns>ENOMEM when there are no frames for the tables.</returns>
    public static Result<AmdDriver> Start(
        PhysicalMemory memory, FrameAllocator frames, AmdIommu iommu, ICommandQueue queue, int domainIds = ushort.MaxValue)
    {
        if (DeviceTable.Create(memory, frames) is not { } table) return Errno.ENOMEM;
        if (!RingSetup.Apply(frames, iommu.Registers)) return Errno.ENOMEM;
        iommu.Registers.DeviceTable = table.BaseRegister;
        iommu.Registers.Control = RingSetup.Control;
        iommu.Start();
        var driver = new AmdDriver(memory, frames, iommu, table, queue, domainIds);
        Plan.Run(new CommandWriter(queue).Add(Command.All()).Close());
        return driver;
    }

    /// <summary>Makes a device known.</summary>
    /// <returns>EINVAL for an id of more than 16 bits; EEXIST.</returns>
    public Errno AddDevice(PhysicalDevice device)
    {
        if (device.StreamId > ushort.MaxValue) return Errno.EINVAL;
        return _devices.TryAdd(device, true) && _byDeviceId.TryAdd((ushort)device.StreamId, device) ? Errno.None : Errno.EEXIST;
    }

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type)
    {
        if (type is not (HwInfoType.None or HwInfoType.Amd)) return Errno.EOPNOTSUPP;
        var data = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(data, Efr);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(8), Hardware.Registers.Efr2);
        return new HwInfo(HwInfoType.Amd, data);
    }

    public DeviceCapabilities Capabilities(PhysicalDevice device) => new()
    {
        Ats = device.HasAts,
        DirtyTracking = (Efr & ExtendedFeatures.HostDirty) != 0,
        EnforcesCoherency = true,
        GuestHasPasidTable = true,
    };

    public IReadOnlyList<IovaRange> ReservedRegions(PhysicalDevice device) => Reserved;

    /// <summary>v1 tables, whatever the flags.</summary>
    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default)
    {
        if ((flags & ~Supported) != 0 || !data.IsEmpty) return Errno.EOPNOTSUPP;
        var (parent, dirty) = (flags.HasFlag(HwptAllocFlags.NestParent), flags.HasFlag(HwptAllocFlags.DirtyTracking));
        if ((parent && !CanNest) || (dirty && (Efr & ExtendedFeatures.HostDirty) == 0)) return Errno.EOPNOTSUPP;
        if (AllocateDomainId() is not { } id) return Errno.ENOSPC;
        if (PageTable.Create(Memory, Frames) is { } table) return new AmdPagingDomain(this, table, id, parent, dirty);
        FreeDomainId(id);
        return Errno.ENOMEM;
    }

    /// <returns>EINVAL for another IOMMU's domain or device; ENOENT for guest tables without a virtual device.</returns>
    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        if (!_devices.ContainsKey(device) || (to is not null && !ReferenceEquals(to.Iommu, this))) return Errno.EINVAL;
        if (to is AmdNestedDomain { Entry.HasTables: true } nested && nested.Owner.VirtualIdOf((ushort)device.StreamId) is null)
            return Errno.ENOENT;
        return new Result<IEnumerable<CommandBatch>>(Errno.None, AttachPlan(device, from, to));
    }

    internal bool Serves(PhysicalDevice device) => _devices.ContainsKey(device);

    internal ushort? AllocateDomainId() => (ushort?)_domainIds.Allocate();

    internal void FreeDomainId(ushort id) => _domainIds.Free(id);

    internal IEnumerable<CommandBatch> FreePaging(AmdPagingDomain domain)
    {
        yield return new CommandWriter(Queue).Add(Command.AllPages(domain.DomainId)).Close();
        domain.Table.FreeAll();
        FreeDomainId(domain.DomainId);
    }

    // The new domain's caches are in its array before the entry is installed, the old one's leave after it is gone.
    private IEnumerable<CommandBatch> AttachPlan(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        var id = (ushort)device.StreamId;
        var (ofOld, ofNew) = (ReachOf(device, from), ReachOf(device, to));
        foreach (var (set, reach) in ofNew) set.Add(reach);
        var keeps = _table.LetsDeviceKeep(id);
        _table.WriteBlocked(id);
        var writer = new CommandWriter(Queue).Add(Command.Devtab(id));
        if (keeps) writer.Add(Command.Iotlb(id, 0, ulong.MaxValue));
        yield return writer.Close();

        Hardware.SetGuest(id, (to as AmdNestedDomain)?.Owner.Logs);
        if (to is not null)
        {
            _table.Write(id, EntryFor(to, ofNew.Exists(IsAtc)));
            yield return new CommandWriter(Queue).Add(Command.Devtab(id)).Close();
        }
        var flush = new CommandWriter(Queue);
        foreach (var (set, reach) in ofOld)
            if (set.Remove(reach) && reach.Kind == CacheReachKind.Domain) flush.Add(Command.AllPages(reach.Id));
        if (!flush.IsEmpty) yield return flush.Close();
    }

    private static bool IsAtc((CacheReachSet Set, CacheReach Reach) entry) => entry.Reach.Kind != CacheReachKind.Domain;

    private static List<(CacheReachSet Set, CacheReach Reach)> ReachOf(PhysicalDevice device, IDomain? domain)
    {
        var id = (ushort)device.StreamId;
        var reach = new List<(CacheReachSet, CacheReach)>();
        if (domain is AmdPagingDomain paging)
        {
            reach.Add((paging.Reach, new CacheReach(CacheReachKind.Domain, paging.DomainId)));
            if (device.HasAts) reach.Add((paging.Reach, new CacheReach(CacheReachKind.Atc, id)));
        }
        // Under its domain id the vIOMMU has entered itself.
        else if (domain is AmdNestedDomain nested && device.HasAts && nested.Entry.Kind != EntryKind.Blocked
            && (nested.Entry.Kind == EntryKind.Pass || nested.Entry.WantsAts))
            reach.Add((nested.Owner.ParentDomain.Reach, new CacheReach(CacheReachKind.NestedAtc, id)));
        return reach;
    }

    private static ulong[] EntryFor(IDomain to, bool ats)
    {
        if (to is AmdNestedDomain nested) return nested.Entry.Over(nested.Owner.ParentDomain.EntryWord0, nested.HostDomainId, ats);
        var domain = (AmdPagingDomain)to;
        return [domain.EntryWord0, domain.DomainId | (ats ? DeviceTableEntry.Iotlb : 0), 0, 0];
    }
}
