using System.Collections.Concurrent;
using Iommu.Hardware.Amd.Formats;

namespace Iommu.Hardware.Amd.Caches;

/// <summary>One device: its cached device table entry, its own translation cache, answers to its page requests, its guest.</summary>
internal sealed class DeviceContext(ushort device)
{
    private const int AtcLog2 = 7;

    private DeviceTableEntry? _entry;
    private IGuestLogs? _guest;

    public ushort DeviceId => device;

    public DeviceTableEntry? Entry { get => Volatile.Read(ref _entry); set => Volatile.Write(ref _entry, value); }

    public EntryTable Atc { get; } = new(AtcLog2, 12);

    public ConcurrentQueue<PprResponse> Responses { get; } = new();

    /// <summary>Where events of the guest's own tables go; null when it is the host's device.</summary>
    public IGuestLogs? Guest { get => Volatile.Read(ref _guest); set => Volatile.Write(ref _guest, value); }
}
