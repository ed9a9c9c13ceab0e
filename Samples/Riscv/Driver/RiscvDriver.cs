using System.Collections.Concurrent;
using System.Buffers.Binary;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using RiscvIommu.Formats;

namespace RiscvIommu.Driver;

/// <summary>
/// The host's driver of one RISC-V IOMMU: it writes the device directory and page tables into memory in the architecture's formats and
/// says which commands make the IOMMU see them.
/// </summary>
public sealed class RiscvDriver : IIommuDriver, IInterruptSource
{
    /// <summary>Entries of the command queue, and of the fault queue: a page of the one, two of the other.</summary>
    private const int QueueEntriesLog2 = 8;
    private const int FaultQueueOrder = 1;
    private const int PscidLast = (1 << 20) - 1;
    private const int GscidLast = (1 << 16) - 1;

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly RiscvUnit _unit;
    private readonly DeviceDirectory _directory;
    private readonly IdAllocator _pscids;
    private readonly IdAllocator _gscids;
    private readonly ConcurrentDictionary<uint, Attached> _devices = new();
    private Action? _raised;
    private int _isRaised;

    private RiscvDriver(
        PhysicalMemory memory, FrameAllocator frames, RiscvUnit unit, DeviceDirectory directory, ICommandQueue queue, int gscidLast)
    {
        (_memory, _frames, _unit, _directory, Queue) = (memory, frames, unit, directory, queue);
        (_pscids, _gscids) = (new IdAllocator(1, PscidLast), new IdAllocator(1, gscidLast));
    }

    public string Name => _unit.Name;

    /// <summary>The queue that carries every batch of this driver.</summary>
    public ICommandQueue Queue { get; }

    /// <summary>Faults that were no guest's to hear of.</summary>
    public long HostFaults { get; private set; }

    /// <summary>How often faults were lost because nobody fetched them.</summary>
    public long FaultOverflows { get; private set; }

    public Action? Raised { set => Volatile.Write(ref _raised, value); }

    internal Registers Registers => _unit.Registers;

    /// <summary>Brings an IOMMU up: directory and rings in memory, queues on, caches emptied, then translation.</summary>
    /// <param name="memory">The host's memory.</param>
    /// <param name="frames">Where tables and rings come from.</param>
    /// <param name="unit">The hardware, after reset.</param>
    /// <param name="queue">The unit's command queue, or a decorator of it.</param>
    /// <param name="gscidLast">The highest GSCID to use.</param>
    /// <returns>ENOMEM when there are no frames for the tables.</returns>
    public static Result<RiscvDriver> Start(
        PhysicalMemory memory, FrameAllocator frames, RiscvUnit unit, ICommandQueue queue, int gscidLast = GscidLast)
    {
        if (frames.Allocate() is not { } root || frames.Allocate() is not { } commands
            || frames.Allocate(FaultQueueOrder) is not { } faults) return Errno.ENOMEM;
        var driver = new RiscvDriver(memory, frames, unit, new DeviceDirectory(memory, frames, root), queue, gscidLast);
        var registers = unit.Registers;
        registers.CommandBase = (commands >> 12 << 10) | (QueueEntriesLog2 - 1);
        registers.FaultBase = (faults >> 12 << 10) | (QueueEntriesLog2 - 1);
        registers.CommandStatus = registers.FaultStatus = Registers.QueueOn;
        unit.Faults.Interrupt = driver.OnInterrupt;
        Plan.Run(driver.Writer().Add(Command.InvalidateAllDevices()).Add(Command.Vma()).Add(Command.Gvma()).Close());
        registers.DirectoryPointer = (root >> 12 << 10) | (ulong)DirectoryMode.TwoLevels;
        return driver;
    }

    /// <summary>Makes a device known; it is blocked.</summary>
    /// <returns>EINVAL an id that is too wide; ENOMEM; EEXIST.</returns>
    public Errno AddDevice(PhysicalDevice device)
    {
        if (_directory.Reserve(device.StreamId) is var errno and not Errno.None) return errno;
        return _devices.TryAdd(device.StreamId, new Attached(device)) ? Errno.None : Errno.EEXIST;
    }

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type)
    {
        if (type is not (HwInfoType.None or RiscvTypes.HwInfo)) return Errno.EOPNOTSUPP;
        var data = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(data, Registers.Capabilities);
        return new HwInfo(RiscvTypes.HwInfo, data);
    }

    public DeviceCapabilities Capabilities(PhysicalDevice device) => new() { DirtyTracking = true };

    /// <returns>EOPNOTSUPP a flag but NEST_PARENT and DIRTY_TRACKING, or data; ENOSPC out of ids; ENOMEM.</returns>
    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default)
    {
        if (!data.IsEmpty || (flags & ~(HwptAllocFlags.NestParent | HwptAllocFlags.DirtyTracking)) != 0) return Errno.EOPNOTSUPP;
        var (isParent, tracks) = (flags.HasFlag(HwptAllocFlags.NestParent), flags.HasFlag(HwptAllocFlags.DirtyTracking));
        var ids = isParent ? _gscids : _pscids;
        if (ids.Allocate() is not { } id) return Errno.ENOSPC;
        if (PageTable.Create(_memory, _frames, isParent, tracks) is { } table)
            return new RiscvPagingDomain(this, isParent, tracks, table, id);
        ids.Free(id);
        return Errno.ENOMEM;
    }

    /// <returns>EINVAL another IOMMU's domain or device; ENOENT a guest's first stage for a device that the guest does not know.</returns>
    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        if (!Serves(device) || (to is not null && !ReferenceEquals(to.Iommu, this))) return Errno.EINVAL;
        if (to is not RiscvNestedDomain { Owner: var viommu })
            return new Result<IEnumerable<CommandBatch>>(Errno.None, Move(device.StreamId, to, null));
        return viommu.VirtualIdOf(device) is { } virtualId
            ? new Result<IEnumerable<CommandBatch>>(Errno.None, Move(device.StreamId, to, new Guest(viommu, virtualId))) : Errno.ENOENT;
    }

    // An unmap reaches its domain's translations whether or not a device is attached, so none of the old domain's is in the way here.
    private IEnumerable<CommandBatch> Move(uint deviceId, IDomain? to, Guest? guest)
    {
        _directory.Clear(deviceId);
        yield return Writer().Add(Command.InvalidateDevice(deviceId)).Close();

        _devices[deviceId].Guest = guest;
        if (to is null) yield break;
        _directory.Write(deviceId, ContextOf(to));
        yield return Writer().Add(Command.InvalidateDevice(deviceId)).Close();
    }

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => type == RiscvTypes.Viommu;

    /// <returns>EINVAL user data, or a parent that is no nest parent of its own; ENOSPC out of GSCIDs.</returns>
    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (data.Type != (uint)RiscvTypes.Viommu) return Errno.EOPNOTSUPP;
        if (!data.IsEmpty || parent is not RiscvPagingDomain { IsNestParent: true } domain || !ReferenceEquals(domain.Iommu, this))
            return Errno.EINVAL;
        return _gscids.Allocate() is { } gscid ? new RiscvViommu(this, domain, gscid, services) : Errno.ENOSPC;
    }

    /// <summary>Empties the fault queue: what a guest's first stage did goes to the guest, the rest is counted.</summary>
    public IEnumerable<CommandBatch> Service(IFaultSink faults)
    {
        // Before the ring is looked at: what comes later interrupts again.
        Interlocked.Exchange(ref _isRaised, 0);
        while (_unit.Faults.TryRead(out var record))
        {
            var guest = record.IsGuestPage || !_devices.TryGetValue(record.DeviceId, out var device) ? null : device.Guest;
            if (guest is not null) guest.Viommu.ReportFault(guest.VirtualId, record);
            else HostFaults++;
        }
        if (_unit.Faults.ClearOverflow()) FaultOverflows++;
        return Plan.Nothing;
    }

    private void OnInterrupt()
    {
        if (Volatile.Read(ref _raised) is { } raised && Interlocked.Exchange(ref _isRaised, 1) == 0) raised();
    }

    internal CommandWriter Writer() => new(Queue);

    internal bool Serves(PhysicalDevice device) =>
        _devices.TryGetValue(device.StreamId, out var attached) && ReferenceEquals(attached.Device, device);

    internal void FreeId(RiscvPagingDomain domain) => (domain.IsNestParent ? _gscids : _pscids).Free(domain.Id);

    internal void FreeGscid(int gscid) => _gscids.Free(gscid);

    private static DeviceContext ContextOf(IDomain to)
    {
        if (to is RiscvNestedDomain nested) return nested.Context;
        var domain = (RiscvPagingDomain)to;
        return domain.IsNestParent
            ? new DeviceContext(DeviceContext.Valid | (domain.TracksDirty ? DeviceContext.SecondUpdates : 0),
                DeviceContext.Second(domain.Id, domain.Table.Root), 0, 0)
            : new DeviceContext(DeviceContext.Valid | (domain.TracksDirty ? DeviceContext.FirstUpdates : 0), 0,
                DeviceContext.Attributes(domain.Id), DeviceContext.First(DeviceContext.Sv48, domain.Table.Root));
    }

    /// <summary>A device, and whose first stage it has.</summary>
    private sealed class Attached(PhysicalDevice device)
    {
        private Guest? _guest;

        public PhysicalDevice Device => device;

        public Guest? Guest { get => Volatile.Read(ref _guest); set => Volatile.Write(ref _guest, value); }
    }

    private sealed record Guest(RiscvViommu Viommu, uint VirtualId);
}
