using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>Software's side of the PRI ring. One reader at a time.</summary>
internal sealed class PageRequestReader(PhysicalMemory memory, Registers registers)
{
    public bool TryRead(out PageRequest record)
    {
        record = default;
        var (ring, consumer) = (registers.PageRequestQueueBase, registers.PageRequestConsumer);
        if (RingReader.Next(ring, registers.PageRequestProducer, consumer, PageRequest.Bytes) is not { } address) return false;
        record = new PageRequest(memory.Read64(address), memory.Read64(address + 8));
        registers.PageRequestConsumer = RingReader.Advance(ring, consumer);
        return true;
    }

    /// <summary>Acknowledges an overflow; true when there was one.</summary>
    public bool Acknowledge()
    {
        var (producer, consumer) = (registers.PageRequestProducer, registers.PageRequestConsumer);
        if (!RingReader.HasOverflown(producer, consumer)) return false;
        registers.PageRequestConsumer = RingReader.Acknowledge(producer, consumer);
        return true;
    }
}
