namespace Iommu.Hardware.Tegra241;

/// <summary>Where a Tegra241 CMDQV has which register (tegra241-cmdqv.c): offsets from its first one, and from a block's.</summary>
public static class RegisterMap
{
    public const ulong PageBytes = 0x1_0000;
    public const ulong VcmdqPage0 = PageBytes;
    public const ulong VcmdqPage1 = 2 * PageBytes;
    public const ulong VintfPages = 3 * PageBytes;
    public const ulong VcmdqBytes = 0x80;

    public const ulong Config = 0x0000;
    public const ulong Param = 0x0004;
    public const ulong Status = 0x0008;
    public const ulong VintfErrorMap = 0x0014;
    public const ulong VintfInterruptMask = 0x001C;
    public const ulong VcmdqErrorMap = 0x0024;
    public const ulong VcmdqAlloc = 0x0200;
    public const ulong VintfRegisters = 0x1000;
    public const ulong VintfBytes = 0x100;

    public const ulong VintfConfig = 0x00;
    public const ulong VintfStatus = 0x04;
    public const ulong SidMatch = 0x40;
    public const ulong SidReplace = 0x80;
    public const ulong LogicalErrorMap = 0xC0;

    public const ulong Consumer = 0x00;
    public const ulong Producer = 0x04;
    public const ulong QueueConfig = 0x08;
    public const ulong QueueStatus = 0x0C;
    public const ulong Gerror = 0x10;
    public const ulong Gerrorn = 0x14;

    public const ulong Base = 0x00;
    public const ulong ConsumerIndexBase = 0x08;

    /// <summary>Bit 0 of every CONFIG and STATUS.</summary>
    public const uint Enable = 1;

    /// <summary>CMDQ_ALLOC: LVCMDQ in bits 7:1, VINTF in bits 20:15.</summary>
    public const uint Allocated = 1;
    public const uint AllocFields = AllocLogicalMask | AllocVintfMask | Allocated;
    public const int AllocLogicalShift = 1;
    public const uint AllocLogicalMask = 0x7Fu << AllocLogicalShift;
    public const int AllocVintfShift = 15;
    public const uint AllocVintfMask = 0x3Fu << AllocVintfShift;

    /// <summary>VINTF_CONFIG: VMID in bits 16:1, HYP_OWN bit 17.</summary>
    public const int VmidShift = 1;
    public const uint HypervisorOwned = 1u << 17;

    /// <summary>VINTF_SID_MATCH: enabled by bit 0, the guest's stream id in bits 20:1.</summary>
    public const int MatchSidShift = 1;
    public const uint MatchSidMax = (1u << 20) - 1;

    /// <summary>VCMDQ_CONS: the reason of an error in bits 30:24.</summary>
    public const int ErrorShift = 24;

    /// <summary>VCMDQ_BASE: the ring's address in bits 47:5, log2 of its commands in bits 4:0.</summary>
    public const ulong BaseAddressMask = 0x0000_FFFF_FFFF_FFE0;

    public static ulong LengthBytes(CmdqvParameters parameters) => VintfPages + (2 * PageBytes << parameters.VintfsLog2);

    /// <summary>The page of a VINTF that its owner may map: page 0 of its logical VCMDQs.</summary>
    public static ulong LogicalPage0(int vintf) => VintfPages + 2 * PageBytes * (ulong)vintf;

    public static ulong LogicalPage1(int vintf) => LogicalPage0(vintf) + PageBytes;
}
