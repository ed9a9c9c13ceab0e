using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// The SMMU's side of the event ring: 32-byte records in memory, a producer index with a wrap bit. When the ring is full
/// a record is lost and the overflow flag (PROD bit 31) differs from the one that software last acknowledged (CONS bit 31).
/// </summary>
internal sealed class EventQueue(PhysicalMemory memory, Registers registers)
{
    private const uint OverflowFlag = 1u << 31;

    private readonly Lock _lock = new();

    /// <summary>Called when there is something for software to see, on the thread of the transaction.</summary>
    public Action? Interrupt { get; set; }

    public void Write(EventRecord record)
    {
        if (!registers.EventQueueEnabled) return;
        lock (_lock)
            if (!Put(record))
                registers.EventProducer = (registers.EventProducer & ~OverflowFlag) | (~registers.EventConsumer & OverflowFlag);
        Interrupt?.Invoke();
    }

    /// <summary>The record of a stall is never lost: false when there is no room for it yet.</summary>
    public bool TryWrite(EventRecord record)
    {
        lock (_lock)
            if (!registers.EventQueueEnabled || !Put(record)) return false;
        Interrupt?.Invoke();
        return true;
    }

    private bool Put(EventRecord record)
    {
        var sizeLog2 = (int)(registers.EventQueueBase & 0x1F);
        var producer = registers.EventProducer;
        var wrapAndIndex = (2u << sizeLog2) - 1;
        if (((producer ^ registers.EventConsumer) & wrapAndIndex) == 1u << sizeLog2) return false;
        var address = Bits.InPlace(registers.EventQueueBase, 51, 5) + (producer & (wrapAndIndex >> 1)) * EventRecord.Bytes;
        memory.Write64(address, record.Word0);
        memory.Write64(address + 8, record.Word1);
        memory.Write64(address + 16, record.Word2);
        memory.Write64(address + 24, record.Word3);
        registers.EventProducer = (producer & OverflowFlag) | ((producer + 1) & wrapAndIndex);
        return true;
    }
}
