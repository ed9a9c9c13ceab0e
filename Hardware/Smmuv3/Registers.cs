namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// The Non-secure registers of an SMMUv3 (IHI 0070 chapter 6) that this model acts upon; the defaults of the identification
/// registers are those of a device that Linux nests on: both stages, 16-bit ASID and VMID, range invalidation, 44-bit output.
/// </summary>
public sealed class Registers
{
    private uint _gerror;
    private uint _commandProducer;
    private uint _commandConsumer;
    private uint _eventProducer;
    private uint _eventConsumer;
    private uint _pageRequestProducer;
    private uint _pageRequestConsumer;

    public uint Idr0 { get; init; } = 0x0d44141b;
    public uint Idr1 { get; init; } = 0x02730010;
    public uint Idr3 { get; init; } = 0x00001414;
    public uint Idr5 { get; init; } = 0x00000074;
    public uint Iidr { get; init; }
    public uint Aidr { get; init; } = 1;

    public uint Cr0 { get; set; }
    public uint Cr2 { get; set; }
    public uint Gbpa { get; set; }
    public ulong StreamTableBase { get; set; }
    public uint StreamTableConfig { get; set; }
    public ulong CommandQueueBase { get; set; }
    public ulong EventQueueBase { get; set; }
    public ulong PageRequestQueueBase { get; set; }
    public uint Gerrorn { get; set; }

    public uint Gerror { get => Volatile.Read(ref _gerror); set => Volatile.Write(ref _gerror, value); }
    public uint CommandProducer { get => Volatile.Read(ref _commandProducer); set => Volatile.Write(ref _commandProducer, value); }
    public uint CommandConsumer { get => Volatile.Read(ref _commandConsumer); set => Volatile.Write(ref _commandConsumer, value); }
    public uint EventProducer { get => Volatile.Read(ref _eventProducer); set => Volatile.Write(ref _eventProducer, value); }
    public uint EventConsumer { get => Volatile.Read(ref _eventConsumer); set => Volatile.Write(ref _eventConsumer, value); }

    public uint PageRequestProducer
    {
        get => Volatile.Read(ref _pageRequestProducer);
        set => Volatile.Write(ref _pageRequestProducer, value);
    }

    public uint PageRequestConsumer
    {
        get => Volatile.Read(ref _pageRequestConsumer);
        set => Volatile.Write(ref _pageRequestConsumer, value);
    }

    public bool Enabled => (Cr0 & 1) != 0;
    public bool PageRequestQueueEnabled => (Cr0 & 2) != 0;
    public bool EventQueueEnabled => (Cr0 & 4) != 0;
    public bool CommandQueueEnabled => (Cr0 & 8) != 0;

    /// <summary>CR2.PTM = 0 of an SMMU with broadcast: TLB maintenance of the processors takes part.</summary>
    public bool TakesBroadcasts => HasBroadcast && (Cr2 & 4) == 0;

    /// <summary>CR2.RECINVSID: whether a stream id without an entry is recorded as C_BAD_STREAMID.</summary>
    public bool RecordsBadStreamId => (Cr2 & 2) != 0;

    public bool HasStage1 => (Idr0 & 2) != 0;
    public bool HasStage2 => (Idr0 & 1) != 0;
    public bool HasAts => (Idr0 & (1u << 10)) != 0;
    public bool HasPageRequests => (Idr0 & (1u << 16)) != 0;

    /// <summary>IDR0.BTM: broadcast TLB maintenance.</summary>
    public bool HasBroadcast => (Idr0 & (1u << 5)) != 0;

    /// <summary>IDR0.STALL_MODEL = 0: faults stall where the configuration says so; other models do not stall here.</summary>
    public bool HasStalls => ((Idr0 >> 24) & 3) == 0;

    /// <summary>IDR5.STALL_MAX: transactions that can be stalled at a time; others wait for their turn.</summary>
    public int StallsMax => (int)(Idr5 >> 16);

    /// <summary>IDR0.CD2L: context descriptors in tables of two levels.</summary>
    public bool HasTwoLevelDescriptors => (Idr0 & (1u << 19)) != 0;

    public int AsidBits => (Idr0 & (1u << 12)) != 0 ? 16 : 8;
    public int VmidBits => (Idr0 & (1u << 18)) != 0 ? 16 : 8;
    public int StreamIdBits => (int)(Idr1 & 0x3F);
    public int SubstreamIdBits => (int)((Idr1 >> 6) & 0x1F);

    /// <summary>IDR1.CMDQS: log2 of the most commands that a queue can have.</summary>
    public int CommandQueueLog2Max => (int)((Idr1 >> 21) & 0x1F);

    public bool HasRangeInvalidation => (Idr3 & (1u << 10)) != 0;

    /// <summary>IDR5.OAS: bits of a physical address that this SMMU puts out.</summary>
    public int OutputBits => OutputBitsOf((int)(Idr5 & 7));

    public bool HasGranule(int granuleLog2) => (Idr5 & (1u << (granuleLog2 switch { 12 => 4, 14 => 5, _ => 6 }))) != 0;

    /// <summary>
    /// As after reset, of a device that has all that is modelled: 20-bit substreams with tables of two levels, ATS and page requests,
    /// stalls (32 at a time), broadcast TLB maintenance.
    /// </summary>
    public static Registers Complete() => new()
    {
        Idr0 = 0x0d44141b & ~(3u << 24) | (1u << 5) | (1u << 16) | (1u << 19),
        Idr1 = 0x02730010 | (20u << 6),
        Idr5 = 0x00000074 | (32u << 16),
    };

    /// <summary>The encoding of IDR5.OAS, CD.IPS and STE.S2PS; 52-bit addresses are not modelled and count as 48.</summary>
    internal static int OutputBitsOf(int encoded) => encoded switch { 0 => 32, 1 => 36, 2 => 40, 3 => 42, 4 => 44, _ => 48 };
}
