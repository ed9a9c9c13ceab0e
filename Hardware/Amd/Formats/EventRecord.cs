using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Formats;

/// <summary>A 16-byte record of the event log, two little-endian words (AMD 48882, 2.5).</summary>
public readonly record struct EventRecord(ulong Word0, ulong Word1)
{
    public EventType Type => (EventType)(Word0 >> 60);

    public ushort DeviceId => (ushort)Word0;

    public EventFlags Flags => (EventFlags)Field(Word0, 59, 48);

    /// <summary>The PASID of a guest address, the domain id otherwise.</summary>
    public int PasidOrDomain => (int)(Field(Word0, 47, 32) | (Field(Word0, 19, 16) << 16));

    public ulong Address => Word1;

    public static EventRecord Of(EventType type, ushort device, int pasidOrDomain, EventFlags flags, ulong address) => new(
        Put((ulong)type, 60) | Put((ulong)flags, 48) | Put((ulong)pasidOrDomain & 0xFFFF, 32) | Put((ulong)pasidOrDomain >> 16, 16)
            | device,
        address);

    public EventRecord WithDevice(ushort device) => this with { Word0 = (Word0 & ~0xFFFFUL) | device };

    public override string ToString() => $"{Type} device=0x{DeviceId:x} pasid/domain={PasidOrDomain} {Flags} 0x{Address:x}";
}

/// <summary>Events of an AMD IOMMU.</summary>
public enum EventType : byte
{
    None = 0,
    ILLEGAL_DEV_TABLE_ENTRY = 1,
    IO_PAGE_FAULT = 2,
    DEV_TAB_HARDWARE_ERROR = 3,
    PAGE_TAB_HARDWARE_ERROR = 4,
    ILLEGAL_COMMAND_ERROR = 5,
    COMMAND_HARDWARE_ERROR = 6,
    IOTLB_INV_TIMEOUT = 7,
    INVALID_DEVICE_REQUEST = 8,
}

/// <summary>Flags of an event about an address.</summary>
[Flags]
public enum EventFlags
{
    None = 0,
    /// <summary>GN: the address is a guest virtual one.</summary>
    Guest = 1 << 0,
    /// <summary>PR: the entry was present.</summary>
    Present = 1 << 4,
    /// <summary>RW: a write.</summary>
    Write = 1 << 5,
    /// <summary>PE: it does not grant the access.</summary>
    Permission = 1 << 6,
    /// <summary>RZ: a reserved bit was set, or a level or size cannot be.</summary>
    Reserved = 1 << 7,
}
