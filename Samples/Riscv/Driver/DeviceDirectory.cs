using Iommu.Hardware.Memory;
using Iommu.Messages;
using RiscvIommu.Formats;

namespace RiscvIommu.Driver;

/// <summary>The host's writer of a device directory of two levels: 16 bits of device id. Tables come with the devices, and stay.</summary>
internal sealed class DeviceDirectory(PhysicalMemory memory, FrameAllocator frames, ulong root)
{
    private const int LeafLog2 = 7;

    public ulong Root => root;

    /// <summary>Makes room for a device; its context is not valid yet.</summary>
    /// <returns>EINVAL an id that is too wide; ENOMEM.</returns>
    public Errno Reserve(uint deviceId)
    {
        if (deviceId >> 16 != 0) return Errno.EINVAL;
        var slot = root + (deviceId >> LeafLog2) * 8;
        if ((memory.Read64(slot) & DeviceContext.Valid) != 0) return Errno.None;
        if (frames.Allocate() is not { } table) return Errno.ENOMEM;
        memory.Write64(slot, (table >> 12 << 10) | DeviceContext.Valid);
        return Errno.None;
    }

    /// <summary>Blocks a device: the IOMMU faults its requests once it has forgotten the context.</summary>
    public void Clear(uint deviceId)
    {
        var context = AddressOf(deviceId);
        memory.Write64(context, memory.Read64(context) & ~DeviceContext.Valid);
    }

    /// <summary>Writes a context that the IOMMU does not use at the moment: the word that makes it valid last.</summary>
    public void Write(uint deviceId, DeviceContext context)
    {
        var address = AddressOf(deviceId);
        memory.Write64(address + 24, context.Fsc);
        memory.Write64(address + 16, context.Ta);
        memory.Write64(address + 8, context.Iohgatp);
        memory.Write64(address, context.Tc);
    }

    private ulong AddressOf(uint deviceId) =>
        Registers.PageOf(memory.Read64(root + (deviceId >> LeafLog2) * 8)) + (deviceId & 0x7F) * DeviceContext.Bytes;
}
