using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// The registers of a VT-d remapping unit that this model acts upon (architecture specification, chapter 11); the defaults of the
/// capability registers are those of a unit that Linux nests on: scalable mode, both stages, 4 and 5 levels, PASIDs, page requests.
/// </summary>
public sealed class Registers
{
    private uint _iqh;
    private uint _iqt;
    private uint _pqh;
    private uint _pqt;
    private uint _faultStatus;

    /// <summary>
    /// CAP_REG: 2^16 domain ids, 48 and 57 bits of second stage, MGAW 48, eight fault records, page-selective invalidation of up to
    /// 2^18 pages, 2 MiB and 1 GiB pages in both stages, 5-level first stage, draining.
    /// </summary>
    public ulong Capability { get; init; } = 6UL | (0b01100UL << 8) | (47UL << 16) | (0x22UL << 24) | (3UL << 34) | (1UL << 39)
        | (7UL << 40) | (18UL << 48) | (3UL << 54) | (1UL << 56) | (1UL << 60);

    /// <summary>
    /// ECAP_REG: coherent, queued invalidation, device TLBs, pass-through, snoop control, nesting, page requests, execute and supervisor
    /// requests, extended access flag, 20-bit PASIDs, PASID, page request drain, scalable mode, A/D bits and tables of both stages.
    /// </summary>
    public ulong ExtendedCapability { get; init; } = 0b1100_0111UL | (1UL << 26) | (1UL << 29) | (1UL << 30) | (1UL << 31) | (1UL << 34)
        | (19UL << 35) | (1UL << 40) | (1UL << 42) | (1UL << 43) | (1UL << 45) | (1UL << 46) | (1UL << 47) | (1UL << 48);

    /// <summary>Bits of a physical address that the host has (HAW of the firmware's DMAR table).</summary>
    public int HostAddressBits { get; init; } = 48;

    /// <summary>GSTS.TES: requests are translated.</summary>
    public bool TranslationEnabled { get; set; }

    /// <summary>GSTS.QIES: the invalidation queue is on.</summary>
    public bool QueueEnabled { get; set; }

    /// <summary>RTADDR_REG: the root table, with the translation table mode in bits 11:10.</summary>
    public ulong RootTableAddress { get; set; }

    /// <summary>IQA_REG: base, descriptor width in bit 11, 2^(QS + 8) descriptors of 16 bytes in bits 2:0.</summary>
    public ulong QueueAddress { get; set; }

    /// <summary>PQA_REG: base, 2^(PS + 12) bytes in bits 4:0.</summary>
    public ulong PageRequestAddress { get; set; }

    /// <summary>PECTL and PRS: pages were requested and software has not looked yet.</summary>
    public bool PageRequestPending { get; set; }

    /// <summary>PRS_REG.PRO: a page request found its ring full.</summary>
    public bool PageRequestOverflow { get; set; }

    /// <summary>
    /// IQER_REG: why the queue stopped (3:0), and the source ids of a time-out (47:32) and of a stray completion (63:48).
    /// </summary>
    public ulong QueueError { get; set; }

    public uint QueueHead { get => Volatile.Read(ref _iqh); set => Volatile.Write(ref _iqh, value); }
    public uint QueueTail { get => Volatile.Read(ref _iqt); set => Volatile.Write(ref _iqt, value); }
    public uint PageRequestHead { get => Volatile.Read(ref _pqh); set => Volatile.Write(ref _pqh, value); }
    public uint PageRequestTail { get => Volatile.Read(ref _pqt); set => Volatile.Write(ref _pqt, value); }

    /// <summary>FSTS_REG; bits are <see cref="Vtd.FaultStatus"/>.</summary>
    public FaultStatus FaultStatus => (FaultStatus)Volatile.Read(ref _faultStatus);

    public bool IsScalable => Field(RootTableAddress, 11, 10) == 1;

    public int DomainIdBits => 4 + 2 * (int)(Capability & 7);
    public int MaxGuestAddressBits => (int)Field(Capability, 21, 16) + 1;
    public int FaultRecords => (int)Field(Capability, 47, 40) + 1;
    public int MaxAddressMask => (int)Field(Capability, 53, 48);
    public bool HasFirstStage1Gib => Bit(Capability, 56);
    public bool HasFirstStage5Levels => Bit(Capability, 60);
    public bool HasDeviceTlbs => Bit(ExtendedCapability, 2);
    public bool HasSnoopControl => Bit(ExtendedCapability, 7);
    public bool HasNesting => Bit(ExtendedCapability, 26);
    public bool HasPageRequests => Bit(ExtendedCapability, 29);
    public bool HasExecuteRequests => Bit(ExtendedCapability, 30);
    public bool HasSupervisorRequests => Bit(ExtendedCapability, 31);
    public bool HasExtendedAccessFlag => Bit(ExtendedCapability, 34);
    public bool HasPasids => Bit(ExtendedCapability, 40);
    public int PasidBits => HasPasids ? (int)Field(ExtendedCapability, 39, 35) + 1 : 0;
    public bool HasSecondStageDirty => Bit(ExtendedCapability, 45);
    public bool HasSecondStage => Bit(ExtendedCapability, 46);
    public bool HasFirstStage => Bit(ExtendedCapability, 47);

    /// <summary>SAGAW: whether second-stage tables may have so many levels, 3 to 5.</summary>
    public bool HasSecondStageLevels(int levels) => levels is >= 3 and <= 5 && Bit(Capability, 8 + levels - 2);

    /// <summary>SSLPS: whether a second-stage leaf may be at level 2 (2 MiB) or 3 (1 GiB).</summary>
    public bool HasSecondStageLeaf(int level) => level == 1 || level is 2 or 3 && Bit(Capability, 34 + level - 2);

    /// <summary>Bits that no pointer may have set.</summary>
    internal ulong BeyondHost => ~Mask(HostAddressBits);

    internal void SetStatus(FaultStatus bits) => Interlocked.Or(ref _faultStatus, (uint)bits);

    /// <summary>Software writes ones to clear (FSTS_REG is RW1C).</summary>
    public void ClearStatus(FaultStatus bits) => Interlocked.And(ref _faultStatus, ~(uint)bits);
}
