using Iommu.Hardware.Memory;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>Software's side of one of the host's logs. One reader at a time.</summary>
/// <param name="memory">Where the ring is.</param>
/// <param name="registers">The host's heads, tails and status.</param>
/// <param name="ring">Its base register.</param>
/// <param name="head">Offset of the register of software's.</param>
/// <param name="tail">Offset of the register of the IOMMU's.</param>
internal sealed class LogReader(PhysicalMemory memory, QueueRegisters registers, ulong ring, int head, int tail)
{
    private readonly uint _mask = ((uint)LogRing.RecordBytes << (int)Field(ring, 59, 56)) - 1;

    public bool TryRead(out ulong word0, out ulong word1)
    {
        (word0, word1) = (0, 0);
        var at = registers.Read(head);
        if (at == registers.Read(tail)) return false;
        var address = InPlace(ring, 51, 12) + at;
        (word0, word1) = (memory.Read64(address), memory.Read64(address + 8));
        registers.Write(head, (at + LogRing.RecordBytes) & _mask);
        return true;
    }

    /// <summary>Has a log that has overflown go on; true when it had.</summary>
    public bool Restart(QueueStatus overflow, QueueStatus running)
    {
        if (!registers.Status.HasFlag(overflow)) return false;
        registers.Change(running, overflow);
        return true;
    }
}
