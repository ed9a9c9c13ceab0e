using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>Software's side of the event ring. One reader at a time.</summary>
internal sealed class EventReader(PhysicalMemory memory, Registers registers)
{
    public bool TryRead(out EventRecord record)
    {
        record = default;
        var (ring, consumer) = (registers.EventQueueBase, registers.EventConsumer);
        if (RingReader.Next(ring, registers.EventProducer, consumer, EventRecord.Bytes) is not { } address) return false;
        record = new EventRecord(
            memory.Read64(address), memory.Read64(address + 8), memory.Read64(address + 16), memory.Read64(address + 24));
        registers.EventConsumer = RingReader.Advance(ring, consumer);
        return true;
    }

    /// <summary>Acknowledges an overflow; true when there was one.</summary>
    public bool Acknowledge()
    {
        var (producer, consumer) = (registers.EventProducer, registers.EventConsumer);
        if (!RingReader.HasOverflown(producer, consumer)) return false;
        registers.EventConsumer = RingReader.Acknowledge(producer, consumer);
        return true;
    }
}
