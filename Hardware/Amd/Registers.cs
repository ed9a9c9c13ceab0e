using Iommu.Hardware.Memory;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd;

/// <summary>The MMIO registers of an AMD IOMMU that this model acts upon (AMD 48882, 3.4), in physical memory.</summary>
/// <param name="memory">The host's memory.</param>
/// <param name="address">The IOMMU's MMIO base.</param>
public sealed class Registers(PhysicalMemory memory, ulong address)
{
    private const ulong EnableBit = 1;
    private const ulong GuestRootBit = 1UL << 58;

    public ulong Efr { get; init; } = ExtendedFeatures.Default;

    public ulong Efr2 { get; init; } = ExtendedFeatures.TranslatedGuestRoot;

    /// <summary>Base in bits 51:12, and in bits 8:0 the size: 4 KiB pages less one.</summary>
    public ulong DeviceTable { get => Read(0x00); set => Write(0x00, value); }

    /// <summary>Base in bits 51:12, and in bits 59:56 log2 of the entries.</summary>
    public ulong CommandBuffer { get => Read(0x08); set => Write(0x08, value); }

    public ulong EventLog { get => Read(0x10); set => Write(0x10, value); }

    public ulong PprLog { get => Read(0x38); set => Write(0x38, value); }

    public ulong Control { get => Read(0x18); set => Write(0x18, value); }

    public QueueRegisters Queues { get; } = QueueRegisters.At(memory, address + 0x2000);

    public bool Enabled => (Control & EnableBit) != 0;

    /// <summary>GCR3TRPMode: the GCR3 table root of an entry with a host table is a guest physical address.</summary>
    public bool TranslatesGuestRoot => (Control & GuestRootBit) != 0 && (Efr2 & ExtendedFeatures.TranslatedGuestRoot) != 0;

    public ulong DeviceTableBase => InPlace(DeviceTable, 51, 12);

    public ulong DeviceTableBytes => (Field(DeviceTable, 8, 0) + 1) << 12;

    private ulong Read(uint offset) => memory.Read64(address + offset);

    private void Write(uint offset, ulong value) => memory.Write64(address + offset, value);
}
