using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Hardware.Smmuv3.Walk;

namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// The SMMU's side of the PRI ring: 16-byte requests of devices for pages. A request that finds the ring full is lost, and so is every
/// later one until software has acknowledged the overflow; the last one of a group is then answered by the SMMU itself, with success,
/// so that the device asks again (IHI 0070, 8.1 and 8.2).
/// </summary>
internal sealed class PageRequestQueue(PhysicalMemory memory, Registers registers)
{
    private const uint OverflowFlag = 1u << 31;

    private readonly Lock _lock = new();

    /// <summary>Called when there is something for software to see, on the thread of the device.</summary>
    public Action? Interrupt { get; set; }

    public void Write(StreamContext stream, PageRequest request)
    {
        if (!registers.PageRequestQueueEnabled)
        {
            Answer(stream, request, PageRequestOutcome.Failure);
            return;
        }
        bool written;
        lock (_lock) written = Put(request);
        if (!written) Answer(stream, request, PageRequestOutcome.Success);
        Interrupt?.Invoke();
    }

    private static void Answer(StreamContext stream, PageRequest request, PageRequestOutcome outcome)
    {
        if (request.IsLast) stream.PageResponses.Enqueue(new PageResponse(request.Substream, request.Group, outcome));
    }

    private bool Put(PageRequest request)
    {
        var sizeLog2 = (int)(registers.PageRequestQueueBase & 0x1F);
        var (producer, consumer) = (registers.PageRequestProducer, registers.PageRequestConsumer);
        var wrapAndIndex = (2u << sizeLog2) - 1;
        if (((producer ^ consumer) & OverflowFlag) != 0) return false;
        if (((producer ^ consumer) & wrapAndIndex) == 1u << sizeLog2)
        {
            registers.PageRequestProducer = producer ^ OverflowFlag;
            return false;
        }
        var address = Bits.InPlace(registers.PageRequestQueueBase, 51, 5) + (producer & (wrapAndIndex >> 1)) * PageRequest.Bytes;
        memory.Write64(address, request.Word0);
        memory.Write64(address + 8, request.Word1);
        registers.PageRequestProducer = (producer & OverflowFlag) | ((producer + 1) & wrapAndIndex);
        return true;
    }
}
