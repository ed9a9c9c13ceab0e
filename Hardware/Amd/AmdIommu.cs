using System.Collections.Immutable;
using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Amd.Walk;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd;

/// <summary>
/// An AMD IOMMU: registers, tables and rings in memory, caches, the host's command buffer and those of guests, and a port per device.
/// Ports translate on their threads while buffers are stepped on others and software writes tables on yet another.
/// </summary>
public sealed class AmdIommu
{
    private ImmutableArray<TransactionMarker> _markers = [];

    /// <param name="name">Unique within the machine.</param>
    /// <param name="memory">Where its tables, rings and registers are.</param>
    /// <param name="registers">As after reset; software fills in the rest.</param>
    /// <param name="sizes">Of the caches; the default when null.</param>
    /// <param name="guests">How many interfaces for guests it has, and where their pages are in the physical address space.</param>
    public AmdIommu(
        string name, PhysicalMemory memory, Registers registers, CacheSizes? sizes = null, (int Count, ulong Physical) guests = default)
    {
        Name = name;
        Core = new AmdCore(memory, registers, sizes ?? CacheSizes.Default);
        CommandBuffer = new CommandBuffer($"{name}.cmdbuf", Core, registers.Queues, new Host(Core), () => _markers);
        Guests = [.. Enumerable.Range(0, guests.Count).Select(
            i => new GuestInterface(this, Core, i, guests.Physical + (ulong)i * PhysicalMemory.PageBytes))];
        if (guests.Count == 0) return;
        var pages = new MmioPages([.. Guests.Select(guest => guest.Registers)]);
        memory.Attach(guests.Physical, (ulong)guests.Count * PhysicalMemory.PageBytes, pages);
    }

    public string Name { get; }

    public Registers Registers => Core.Registers;

    public CommandBuffer CommandBuffer { get; }

    /// <summary>What it has for guests.</summary>
    public IReadOnlyList<GuestInterface> Guests { get; }

    /// <summary>Its interrupt: a log has a new record, or has overflown. Called on the thread that wrote it.</summary>
    public Action? Interrupt { set => Core.Events.Interrupt = Core.PageRequests.Interrupt = value; }

    /// <summary>The invalidation clock: how many invalidations (and <see cref="Tick"/>s) there have been.</summary>
    public long Clock => Core.Caches.Sequence;

    /// <summary>Entries in the IOMMU's caches now.</summary>
    public int CachedTranslations => Core.Caches.Count;

    internal AmdCore Core { get; }

    /// <summary>Advances the clock without invalidating anything, and returns it: a mark between earlier and later walks.</summary>
    public long Tick() => Core.Caches.Tick();

    /// <summary>Takes the rings that the base registers name into use.</summary>
    public void Start()
    {
        CommandBuffer.Open(InPlace(Registers.CommandBuffer, 51, 12), BytesOf(Registers.CommandBuffer));
        Core.Events.Open(InPlace(Registers.EventLog, 51, 12), BytesOf(Registers.EventLog));
        Core.PageRequests.Open(InPlace(Registers.PprLog, 51, 12), BytesOf(Registers.PprLog));
    }

    /// <summary>A way in for a device. A device with ATS has a translation cache of its own, which its ports share.</summary>
    public Port OpenPort(ushort device, bool hasAts = false, ITransactionWitness<CacheEntry>? witness = null)
    {
        var port = new Port(Core, Core.DeviceOf(device), hasAts, witness);
        Watch(port.InFlight);
        return port;
    }

    /// <summary>Takes a port away whose device is gone; it must have no transaction in flight.</summary>
    public void ClosePort(Port port) => Unwatch(port.InFlight);

    internal CommandBuffer CreateGuestBuffer(string name, QueueRegisters registers) => new(name, Core, registers, null, () => _markers);

    /// <summary>Has COMPLETION_WAIT wait for what somebody is in the middle of.</summary>
    internal void Watch(TransactionMarker marker) =>
        ImmutableInterlocked.Update(ref _markers, (markers, added) => markers.Add(added), marker);

    internal void Unwatch(TransactionMarker marker) =>
        ImmutableInterlocked.Update(ref _markers, (markers, gone) => markers.Remove(gone), marker);

    /// <summary>Whose device it is from here on; null for the host's.</summary>
    internal void SetGuest(ushort device, IGuestLogs? guest) => Core.DeviceOf(device).Guest = guest;

    private static uint BytesOf(ulong register) => (uint)CommandBuffer.CommandBytes << (int)Field(register, 59, 56);

    private sealed class Host(AmdCore core) : ICommandOwner
    {
        public bool TryConvert(Command command, List<Command> host)
        {
            host.Add(command);
            return true;
        }

        public bool TryStore(ulong address, ulong data)
        {
            if (!PhysicalMemory.Contains(address)) return false;
            core.Memory.Write64(address, data);
            return true;
        }

        public void ReportIllegal(uint offset)
        {
            var record = EventRecord.Of(
                EventType.ILLEGAL_COMMAND_ERROR, 0, 0, EventFlags.None, InPlace(core.Registers.CommandBuffer, 51, 12) + offset);
            core.Events.Write(record.Word0, record.Word1);
        }
    }
}
