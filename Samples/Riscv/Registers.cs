using static Iommu.Hardware.Bits;

namespace RiscvIommu;

/// <summary>The registers that this model acts upon (chapter 6 "Memory-mapped register interface"), each in its own format.</summary>
public sealed class Registers
{
    public const uint QueueOn = 1 << 16;
    public const uint MemoryFault = 1 << 8;
    public const uint IllegalCommand = 1 << 10;
    public const uint Overflow = 1 << 9;

    private uint _commandHead;
    private uint _commandTail;
    private uint _commandStatus;
    private uint _faultHead;
    private uint _faultTail;
    private uint _faultStatus;

    /// <summary>
    /// capabilities: version 1.0, Sv39 and Sv48, Sv39x4, atomic updates of A and D (AMO_HWAD), 48 bits of physical address, invalidation
    /// of tables by address (NL) and of ranges (S). No ATS, no process directories, no MSI tables.
    /// </summary>
    public ulong Capabilities { get; init; } =
        0x10 | (1UL << 9) | (1UL << 10) | (1UL << 17) | (1UL << 24) | (48UL << 32) | (1UL << 42) | (1UL << 43);

    /// <summary>ddtp: mode in bits 3:0 (<see cref="DirectoryMode"/>), page of the root in bits 53:10.</summary>
    public ulong DirectoryPointer { get; set; }

    /// <summary>cqb: log2 of the entries less one in bits 4:0, page in bits 53:10.</summary>
    public ulong CommandBase { get; set; }

    /// <summary>fqb, as <see cref="CommandBase"/>.</summary>
    public ulong FaultBase { get; set; }

    public uint CommandHead { get => Volatile.Read(ref _commandHead); set => Volatile.Write(ref _commandHead, value); }
    public uint CommandTail { get => Volatile.Read(ref _commandTail); set => Volatile.Write(ref _commandTail, value); }
    public uint FaultHead { get => Volatile.Read(ref _faultHead); set => Volatile.Write(ref _faultHead, value); }
    public uint FaultTail { get => Volatile.Read(ref _faultTail); set => Volatile.Write(ref _faultTail, value); }

    /// <summary>cqcsr: <see cref="QueueOn"/>, <see cref="IllegalCommand"/>, <see cref="MemoryFault"/>.</summary>
    public uint CommandStatus { get => Volatile.Read(ref _commandStatus); set => Volatile.Write(ref _commandStatus, value); }

    /// <summary>fqcsr: <see cref="QueueOn"/>, <see cref="Overflow"/>.</summary>
    public uint FaultStatus { get => Volatile.Read(ref _faultStatus); set => Volatile.Write(ref _faultStatus, value); }

    /// <summary>Bits that no page number of a table may have set.</summary>
    public ulong BeyondMemory => ~Mask((int)Field(Capabilities, 37, 32));

    /// <summary>Where a base register leads.</summary>
    public static ulong PageOf(ulong register) => Field(register, 53, 10) << 12;

    /// <summary>What index a ring's last entry has.</summary>
    public static uint IndexMask(ulong register) => (uint)Mask((int)(register & 0x1F) + 1);
}

/// <summary>iommu_mode of ddtp.</summary>
public enum DirectoryMode : byte
{
    /// <summary>Nothing gets through.</summary>
    Off,
    /// <summary>Everything does, untranslated.</summary>
    Bare,
    OneLevel,
    TwoLevels,
    ThreeLevels,
}
