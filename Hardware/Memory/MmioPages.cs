namespace Iommu.Hardware.Memory;

/// <summary>Pages of registers, 4 KiB each, one after the other: each a device's own, so that each can have another owner.</summary>
public sealed class MmioPages(IReadOnlyList<IMmio> pages) : IMmio
{
    public uint Read(ulong offset) => pages[(int)(offset >> PhysicalMemory.PageLog2)].Read(offset % PhysicalMemory.PageBytes);

    public void Write(ulong offset, uint value) =>
        pages[(int)(offset >> PhysicalMemory.PageLog2)].Write(offset % PhysicalMemory.PageBytes, value);
}
