using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// The unit's side of the page request ring: 32-byte descriptors in memory, a tail register. A request that finds it full is lost, and
/// PRS_REG.PRO says so until software clears it; meanwhile no other is taken.
/// </summary>
internal sealed class PageRequestQueue(PhysicalMemory memory, Registers registers)
{
    private readonly Lock _lock = new();

    /// <summary>Told of a request that is taken or lost, on the device's thread; outside of any lock.</summary>
    public Action? Interrupt { get; set; }

    public bool Write(PageRequest request)
    {
        var taken = TryWrite(request);
        Interrupt?.Invoke();
        return taken;
    }

    private bool TryWrite(PageRequest request)
    {
        lock (_lock)
        {
            if (registers.PageRequestAddress == 0 || registers.PageRequestOverflow) return false;
            var mask = MaskOf(registers);
            var tail = registers.PageRequestTail;
            if (((tail + PageRequest.Bytes) & mask) == registers.PageRequestHead)
            {
                registers.PageRequestOverflow = true;
                return false;
            }
            var address = (registers.PageRequestAddress & ~0xFFFUL) + tail;
            memory.Write64(address, request.Word0);
            memory.Write64(address + 8, request.Word1);
            memory.Write64(address + 16, 0);
            memory.Write64(address + 24, 0);
            registers.PageRequestTail = (tail + PageRequest.Bytes) & mask;
            registers.PageRequestPending = true;
            return true;
        }
    }

    /// <summary>Offsets in the ring.</summary>
    public static uint MaskOf(Registers registers) => ((uint)PhysicalMemory.PageBytes << (int)(registers.PageRequestAddress & 0x1F)) - 1;
}
