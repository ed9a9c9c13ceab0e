using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// The host's writer of a scalable-mode root table and its context tables, which are made when a device of theirs appears.
/// </summary>
internal sealed class RootTable
{
    private const ulong Present = 1;
    private const ulong DeviceTlbEnable = 1UL << 2;
    private const ulong PasidEnable = 1UL << 3;
    private const ulong PageRequestEnable = 1UL << 4;

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;

    private RootTable(PhysicalMemory memory, FrameAllocator frames, ulong root) => (_memory, _frames, Root) = (memory, frames, root);

    public ulong Root { get; }

    public static RootTable? Create(PhysicalMemory memory, FrameAllocator frames) =>
        frames.Allocate() is { } root ? new RootTable(memory, frames, root) : null;

    /// <summary>Points a device's context entry to its PASID directory; false when there is no memory for it.</summary>
    public bool Write(uint sourceId, DeviceTables tables, bool hasAts, Registers registers)
    {
        var slot = Root + (sourceId >> 8) * 16 + ((sourceId & 0x80) != 0 ? 8UL : 0);
        var table = _memory.Read64(slot) & ~0xFFFUL;
        if (table == 0)
        {
            if (_frames.Allocate() is not { } fresh) return false;
            _memory.Write64(slot, (table = fresh) | Present);
        }
        var entry = table + (sourceId & 0x7F) * ContextEntry.Bytes;
        for (var i = 1UL; i < ContextEntry.Words; i++) _memory.Write64(entry + i * 8, 0);
        _memory.Write64(entry, Present | tables.Directory | ((ulong)tables.SizeEncoded << 9) | (hasAts ? DeviceTlbEnable : 0)
            | (registers.HasPasids ? PasidEnable : 0) | (hasAts && registers.HasPageRequests ? PageRequestEnable : 0));
        return true;
    }
}
