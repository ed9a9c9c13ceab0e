using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd;

/// <summary>
/// The page of head, tail and status registers (MMIO offset 2000h), in physical memory: one of the host's, and one for each vIOMMU,
/// which its VMM maps into the guest. Heads and tails are byte offsets into their rings.
/// </summary>
public sealed class QueueRegisters(PhysicalMemory memory, ulong address)
{
    public const int CommandHeadOffset = 0x00;
    public const int CommandTailOffset = 0x08;
    public const int EventHeadOffset = 0x10;
    public const int EventTailOffset = 0x18;
    public const int StatusOffset = 0x20;
    public const int PprHeadOffset = 0x30;
    public const int PprTailOffset = 0x38;

    public ulong Address => address;

    public QueueStatus Status => (QueueStatus)memory.Read64(address + StatusOffset);

    public uint Read(int offset) => (uint)memory.Read64(address + (uint)offset);

    public void Write(int offset, uint value) => memory.Write64(address + (uint)offset, value);

    /// <summary>Sets and clears bits of the status register at once.</summary>
    public void Change(QueueStatus set, QueueStatus clear)
    {
        while (true)
        {
            var old = memory.Read64(address + StatusOffset);
            var changed = (old & ~(ulong)clear) | (ulong)set;
            if (memory.CompareExchange64(address + StatusOffset, changed, old) == old) return;
        }
    }
}

/// <summary>Bits of the status register (MMIO offset 2020h).</summary>
[Flags]
public enum QueueStatus : ulong
{
    None = 0,
    EventOverflow = 1 << 0,
    EventInterrupt = 1 << 1,
    CompletionWaitInterrupt = 1 << 2,
    EventLogRunning = 1 << 3,
    CommandBufferRunning = 1 << 4,
    PprOverflow = 1 << 5,
    PprInterrupt = 1 << 6,
    PprLogRunning = 1 << 7,
}
