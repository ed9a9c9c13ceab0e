using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>The host's writer of the device table: 65,536 entries of 32 bytes, all of which abort until a device is attached.</summary>
internal sealed class DeviceTable
{
    private const int OrderLog2 = 9;

    private readonly PhysicalMemory _memory;

    private DeviceTable(PhysicalMemory memory, ulong root) => (_memory, Root) = (memory, root);

    public ulong Root { get; }

    /// <summary>The device table base register: 512 pages.</summary>
    public ulong BaseRegister => Root | ((1UL << OrderLog2) - 1);

    public static DeviceTable? Create(PhysicalMemory memory, FrameAllocator frames)
    {
        if (frames.Allocate(OrderLog2) is not { } root) return null;
        var table = new DeviceTable(memory, root);
        for (var device = 0; device < 1 << 16; device++) table.WriteBlocked((ushort)device);
        return table;
    }

    /// <summary>Whether a device may keep translations by its entry, which may have been written before a crash of the core.</summary>
    public bool LetsDeviceKeep(ushort device) => (_memory.Read64(AddressOf(device)) & DeviceTableEntry.TranslationValid) != 0
        && (_memory.Read64(AddressOf(device) + 8) & DeviceTableEntry.Iotlb) != 0;

    /// <summary>Makes an entry abort (V = 1, TV = 0) without touching the rest of it.</summary>
    public void WriteBlocked(ushort device) => _memory.Write64(AddressOf(device), DeviceTableEntry.Valid);

    /// <summary>Writes an entry that aborts at the moment: word 0, which makes it live, last.</summary>
    public void Write(ushort device, ReadOnlySpan<ulong> words)
    {
        for (var i = 3; i >= 0; i--) _memory.Write64(AddressOf(device) + (ulong)i * 8, words[i]);
    }

    public ulong AddressOf(ushort device) => Root + (ulong)device * DeviceTableEntry.Bytes;
}
