using Iommu.Hardware.Amd;
using Iommu.Hardware.Memory;

namespace Iommu.Tests.Hardware.Amd;

/// <summary>A guest's loads from and stores to its page of an AMD IOMMU's registers.</summary>
internal sealed record GuestRegisters(PhysicalMemory Memory, ulong Page)
{
    public QueueStatus Status => (QueueStatus)Read(QueueRegisters.StatusOffset);

    public uint Read(int offset) => (uint)Memory.Read64(Page + (uint)offset);

    public void Write(int offset, uint value) => Memory.Write64(Page + (uint)offset, value);

    /// <summary>Has what has stopped go on.</summary>
    public void Restart(QueueStatus running) => Write(QueueRegisters.StatusOffset, (uint)running);
}
