namespace Iommu.Hardware.Tegra241;

/// <summary>Why a queue has stopped: VCMDQ_CONS.ERR, with the codes of SMMU_CMDQ_CONS (IHI 0070, 6.3.28).</summary>
public enum CommandError
{
    None = 0,
    /// <summary>CERROR_ILL: a command that is unknown, or may not be in this queue.</summary>
    Illegal = 1,
    /// <summary>CERROR_ABT: the ring cannot be read.</summary>
    Abort = 2,
    /// <summary>CERROR_ATC_INV_SYNC: a device did not answer an ATC_INV before this CMD_SYNC.</summary>
    AtcTimeout = 3,
}
