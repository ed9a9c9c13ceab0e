using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Hardware.Memory;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>
/// The answer to VFIO_IOMMU_GET_INFO: the structure, and behind it the chain of capabilities as far as the caller has room for it. It is
/// told how much all of it takes; the chain is linked to the structure only when it is whole.
/// </summary>
internal static class VfioInfoWriter
{
    private const ushort CapVersion = 1;

    public static Errno Write(VfioInfoAnswer found, uint argsz, IUserMemory memory, ulong address)
    {
        var dmaAvail = (uint)Unsafe.SizeOf<VfioIommuType1Info>();
        var ranges = dmaAvail + AlignUp((uint)Unsafe.SizeOf<VfioIommuType1InfoDmaAvail>());
        var end = ranges + RangesBytes(found.Ranges.Count);
        // The first links to the second when the caller has room for it to begin there.
        var errno = WriteDmaAvail(memory, address + dmaAvail, Room(argsz, dmaAvail), next: argsz >= ranges ? ranges : 0);
        if (errno == Errno.None) errno = WriteRanges(found.Ranges, memory, address + ranges, Room(argsz, ranges));
        if (errno != Errno.None) return errno;

        var info = new VfioIommuType1Info
        {
            Argsz = end,
            Flags = VfioInfoFlags.PageSizes | VfioInfoFlags.Capabilities,
            IovaPgsizes = found.PageSizes,
            CapOffset = argsz >= end ? dmaAvail : 0,
        };
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<VfioIommuType1Info>(in info));
        return memory.Write(address, bytes[..(int)Math.Min(argsz, dmaAvail)]);
    }

    private static Errno WriteDmaAvail(IUserMemory memory, ulong address, uint room, uint next)
    {
        var cap = new VfioIommuType1InfoDmaAvail { Header = Header(VfioInfoCap.DmaAvail, next), Avail = uint.MaxValue };
        return room < Unsafe.SizeOf<VfioIommuType1InfoDmaAvail>() ? Errno.None : memory.Write(address, cap);
    }

    private static Errno WriteRanges(IReadOnlyList<IovaRange> ranges, IUserMemory memory, ulong address, uint room)
    {
        for (var i = 0; i < ranges.Count && room >= RangesBytes(i + 1); i++)
        {
            var range = new IommuIovaRange { Start = ranges[i].Start, Last = ranges[i].Last };
            if (memory.Write(address + RangesBytes(i), range) != Errno.None) return Errno.EFAULT;
        }
        if (room < RangesBytes(ranges.Count)) return Errno.None;
        return memory.Write(address, new VfioIommuType1InfoCapIovaRange
        {
            Header = Header(VfioInfoCap.IovaRange, next: 0),
            NrIovas = (uint)ranges.Count,
        });
    }

    private static VfioInfoCapHeader Header(VfioInfoCap id, uint next) => new() { Id = id, Version = CapVersion, Next = next };

    private static uint RangesBytes(int count) =>
        (uint)(Unsafe.SizeOf<VfioIommuType1InfoCapIovaRange>() + count * Unsafe.SizeOf<IommuIovaRange>());

    private static uint Room(uint argsz, uint offset) => argsz > offset ? argsz - offset : 0;

    private static uint AlignUp(uint bytes) => (bytes + 7) & ~7u;
}
