namespace Iommu.Hardware.Smmuv3;

/// <summary>The commands of an SMMUv3 command queue (IHI 0070, 4.1.4), those of the Non-secure EL1 regime.</summary>
public enum Opcode : byte
{
    PrefetchConfig = 0x01,
    PrefetchAddress = 0x02,
    CfgiSte = 0x03,
    /// <summary>CMD_CFGI_STE_RANGE; with a range of 31, CMD_CFGI_ALL.</summary>
    CfgiSteRange = 0x04,
    CfgiCd = 0x05,
    CfgiCdAll = 0x06,
    TlbiNhAll = 0x10,
    TlbiNhAsid = 0x11,
    TlbiNhVa = 0x12,
    TlbiNhVaa = 0x13,
    TlbiS12Vmall = 0x28,
    TlbiS2Ipa = 0x2a,
    TlbiNsnhAll = 0x30,
    AtcInv = 0x40,
    PriResponse = 0x41,
    Resume = 0x44,
    StallTerm = 0x45,
    Sync = 0x46,
}
