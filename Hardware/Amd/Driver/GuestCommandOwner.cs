using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>A guest behind a command buffer: commands are converted, stores go through the stage 2, mistakes are its own.</summary>
internal sealed class GuestCommandOwner(PhysicalMemory memory, PageTable stage2, GuestCommands commands, GuestLogs logs) : ICommandOwner
{
    private ulong _ring;

    /// <summary>Where the ring is for the guest.</summary>
    public ulong Ring { get => Volatile.Read(ref _ring); set => Volatile.Write(ref _ring, value); }

    public TransactionMarker InFlight { get; } = new();

    public bool TryConvert(Command command, List<Command> host) => commands.TryConvert(command, host);

    // In flight from the lookup to the store: an unmap of the page waits for it as for a device's.
    public bool TryStore(ulong address, ulong data)
    {
        InFlight.Enter();
        var target = stage2.Find(address);
        var stored = target is { } found && found.Granted.HasFlag(Access.Write) && PhysicalMemory.Contains(found.Physical);
        if (stored) memory.Write64(target!.Value.Physical, data);
        InFlight.Leave();
        return stored;
    }

    public void ReportIllegal(uint offset) =>
        logs.WriteOwn(EventRecord.Of(EventType.ILLEGAL_COMMAND_ERROR, 0, 0, EventFlags.None, Ring + offset));
}
