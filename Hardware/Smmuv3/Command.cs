using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3;

/// <summary>One 16-byte command of an SMMUv3 command queue, with the fields of IHI 0070 chapter 4.</summary>
public readonly record struct Command(ulong Word0, ulong Word1)
{
    /// <summary>ATC_INV.Size that covers the whole address space.</summary>
    public const int AtcSizeAll = 52;

    public Opcode Opcode => (Opcode)(byte)Word0;

    public uint StreamId => (uint)(Word0 >> 32);

    public ushort Vmid => (ushort)(Word0 >> 32);

    public ushort Asid => (ushort)(Word0 >> 48);

    /// <summary>TLBI by address: only last-level entries need to go. CFGI: only the entry itself, not what points to it.</summary>
    public bool Leaf => Bit(Word1, 0);

    /// <summary>Address of a TLBI or ATC_INV, bits 63:12 in place.</summary>
    public ulong Address => Word1 & ~0xFFFUL;

    /// <summary>SSV: whether an ATC_INV or PRI_RESP is for one substream.</summary>
    public bool HasSubstream => Bit(Word0, 11);

    /// <summary>The substream of a CFGI_CD, ATC_INV or PRI_RESP.</summary>
    public uint Substream => (uint)Field(Word0, 31, 12);

    /// <summary>ATC_INV of a substream that reaches all of them.</summary>
    public bool IsGlobal => Bit(Word0, 9);

    /// <summary>RESUME: what a stalled transaction does: 0 ends without a trace, 1 tries again, 2 aborts.</summary>
    public int ResumeAction => (int)Field(Word0, 13, 12);

    /// <summary>RESUME: the tag of the stalled transaction (STAG).</summary>
    public ushort StallTag => (ushort)Word1;

    /// <summary>PRI_RESP: the group of page requests.</summary>
    public int PageRequestGroup => (int)Field(Word1, 8, 0);

    /// <summary>PRI_RESP: 0 failure, 1 invalid request, 2 success.</summary>
    public int PageResponse => (int)Field(Word1, 13, 12);

    public int Num => (int)Field(Word0, 16, 12);

    public int Scale => (int)Field(Word0, 25, 20);

    /// <summary>Level of the leaf that the invalidation is for, 1 to 3; 0 says nothing.</summary>
    public int Ttl => (int)Field(Word1, 9, 8);

    /// <summary>Log2 of the granule of a range invalidation; 0 when the command has no range.</summary>
    public int TgLog2 => Field(Word1, 11, 10) is var tg and not 0 ? 10 + 2 * (int)tg : 0;

    /// <summary>CFGI_STE_RANGE: 2^(Range+1) stream ids.</summary>
    public int Range => (int)Field(Word1, 4, 0);

    /// <summary>ATC_INV: log2 of the number of 4 KiB pages.</summary>
    public int AtcSize => (int)Field(Word1, 5, 0);

    /// <summary>CMD_SYNC.CS: 0 none, 1 an interrupt by a message, 2 an event to the processors.</summary>
    public int SyncSignal => (int)Field(Word0, 13, 12);

    public static Command CfgiSte(uint sid) => new((ulong)Opcode.CfgiSte | Put(sid, 32), 1);

    public static Command CfgiAll() => new((ulong)Opcode.CfgiSteRange, 31);

    public static Command CfgiCd(uint sid, uint substream = 0) => new((ulong)Opcode.CfgiCd | Put(substream, 12) | Put(sid, 32), 1);

    public static Command NhAll(int vmid) => new((ulong)Opcode.TlbiNhAll | Put((ushort)vmid, 32), 0);

    public static Command NhAsid(int vmid, int asid) => new((ulong)Opcode.TlbiNhAsid | Put((ushort)vmid, 32) | Put((ushort)asid, 48), 0);

    public static Command S12Vmall(int vmid) => new((ulong)Opcode.TlbiS12Vmall | Put((ushort)vmid, 32), 0);

    public static Command NsnhAll() => new((ulong)Opcode.TlbiNsnhAll, 0);

    public static Command NhVa(int vmid, int asid, ulong va, bool leaf) =>
        new((ulong)Opcode.TlbiNhVa | Put((ushort)vmid, 32) | Put((ushort)asid, 48), (va & ~0xFFFUL) | (leaf ? 1UL : 0));

    public static Command NhVaa(int vmid, ulong va, bool leaf) =>
        new((ulong)Opcode.TlbiNhVaa | Put((ushort)vmid, 32), (va & ~0xFFFUL) | (leaf ? 1UL : 0));

    public static Command S2Ipa(int vmid, ulong ipa, bool leaf) =>
        new((ulong)Opcode.TlbiS2Ipa | Put((ushort)vmid, 32), (ipa & ~0xFFFUL) | (leaf ? 1UL : 0));

    public static Command AtcInv(uint sid, ulong address, int sizeLog2Pages) =>
        new((ulong)Opcode.AtcInv | Put(sid, 32), (address & ~0xFFFUL) | (uint)sizeLog2Pages);

    /// <summary>Makes an ATC_INV one of the translations of a single substream.</summary>
    public Command OfSubstream(uint substream) => this with { Word0 = Word0 | (1UL << 11) | Put((ulong)substream, 12) };

    /// <summary>Ends a stall: by another try, or by an abort.</summary>
    public static Command Resume(uint sid, ushort tag, bool retry) =>
        new((ulong)Opcode.Resume | Put(retry ? 1UL : 2UL, 12) | Put(sid, 32), tag);

    public static Command StallTerm(uint sid) => new((ulong)Opcode.StallTerm | Put(sid, 32), 0);

    public static Command PriResponse(uint sid, uint? substream, int group, int response) => new(
        (ulong)Opcode.PriResponse | (substream is { } ssid ? (1UL << 11) | Put(ssid, 12) : 0) | Put(sid, 32),
        (uint)group | Put((uint)response, 12));

    /// <summary>CMD_SYNC that signals an event (SEV), inner shareable, as Linux issues it.</summary>
    public static Command Sync() => new((ulong)Opcode.Sync | Put(2, 12) | Put(3, 22) | Put(0xF, 24), 0);

    /// <summary>Turns a TLBI by address into one of a range: (num + 1) * 2^scale granules.</summary>
    public Command WithRange(int num, int scale, int granuleLog2, int ttl = 0) => new(
        Word0 | Put((ulong)num, 12) | Put((ulong)scale, 20),
        Word1 | Put((ulong)ttl, 8) | Put((ulong)(granuleLog2 - 10) / 2, 10));

    public override string ToString() => Opcode switch
    {
        Opcode.Sync => "CMD_SYNC",
        Opcode.CfgiSte => $"CFGI_STE sid=0x{StreamId:x}",
        Opcode.CfgiSteRange => $"CFGI_STE_RANGE sid=0x{StreamId:x} range={Range}",
        Opcode.CfgiCd => $"{Name} sid=0x{StreamId:x} ssid={Substream}",
        Opcode.CfgiCdAll or Opcode.StallTerm => $"{Name} sid=0x{StreamId:x}",
        Opcode.Resume => $"RESUME sid=0x{StreamId:x} stag={StallTag} action={ResumeAction}",
        Opcode.PriResponse => $"PRI_RESP sid=0x{StreamId:x}{SubstreamText} group={PageRequestGroup} response={PageResponse}",
        Opcode.AtcInv => $"ATC_INV sid=0x{StreamId:x}{SubstreamText} address=0x{Address:x} size={AtcSize}",
        Opcode.TlbiNsnhAll => "TLBI_NSNH_ALL",
        Opcode.TlbiNhAll or Opcode.TlbiS12Vmall => $"{Name} vmid={Vmid}",
        Opcode.TlbiNhAsid => $"{Name} vmid={Vmid} asid={Asid}",
        Opcode.TlbiNhVa => $"{Name} vmid={Vmid} asid={Asid} {RangeText}",
        Opcode.TlbiNhVaa or Opcode.TlbiS2Ipa => $"{Name} vmid={Vmid} {RangeText}",
        _ => $"0x{Word0:x16}:0x{Word1:x16}",
    };

    private string Name => Opcode switch
    {
        Opcode.CfgiCd => "CFGI_CD",
        Opcode.StallTerm => "STALL_TERM",
        Opcode.CfgiCdAll => "CFGI_CD_ALL",
        Opcode.TlbiNhAll => "TLBI_NH_ALL",
        Opcode.TlbiS12Vmall => "TLBI_S12_VMALL",
        Opcode.TlbiNhAsid => "TLBI_NH_ASID",
        Opcode.TlbiNhVa => "TLBI_NH_VA",
        Opcode.TlbiNhVaa => "TLBI_NH_VAA",
        _ => "TLBI_S2_IPA",
    };

    private string SubstreamText => !HasSubstream ? "" : IsGlobal ? " ssid=all" : $" ssid={Substream}";

    private string RangeText => TgLog2 == 0
        ? $"address=0x{Address:x} leaf={(Leaf ? 1 : 0)}"
        : $"address=0x{Address:x} granules=0x{((ulong)Num + 1) << Scale:x} of 2^{TgLog2} leaf={(Leaf ? 1 : 0)} ttl={Ttl}";
}
