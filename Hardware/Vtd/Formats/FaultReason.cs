namespace Iommu.Hardware.Vtd.Formats;

/// <summary>
/// Why a request was not translated in scalable mode (architecture specification, table of fault conditions; dmar.c names them too).
/// </summary>
public enum FaultReason : byte
{
    None = 0,
    RootTableInvalid = 0x30,
    RootAccess = 0x38,
    RootNotPresent = 0x39,
    RootReserved = 0x3A,
    ContextAccess = 0x40,
    ContextNotPresent = 0x41,
    ContextReserved = 0x42,
    DeviceTlbDisabled = 0x44,
    PasidDisabled = 0x45,
    PasidTooLarge = 0x46,
    PageRequestDisabled = 0x47,
    PasidDirectoryAccess = 0x50,
    PasidDirectoryNotPresent = 0x51,
    PasidDirectoryReserved = 0x52,
    PasidAccess = 0x58,
    PasidNotPresent = 0x59,
    PasidReserved = 0x5A,
    PasidInvalid = 0x5B,
    ExecuteDisabled = 0x5C,
    SupervisorDisabled = 0x5D,
    FirstStageAccess = 0x70,
    FirstStageNotPresent = 0x71,
    FirstStageReserved = 0x72,
    FirstStageRootAccess = 0x73,
    FirstStageTableBeyond = 0x74,
    FirstStageRootRead = 0x75,
    FirstStageTableRead = 0x76,
    FirstStageTableWrite = 0x77,
    SecondStageAccess = 0x78,
    SecondStageNotPresent = 0x79,
    SecondStageReserved = 0x7A,
    NotCanonical = 0x80,
    UserDenied = 0x81,
    ExecuteDenied = 0x82,
    BeyondHost = 0x83,
    BeyondSecondStage = 0x84,
    WriteDenied = 0x85,
    ReadDenied = 0x86,
    InterruptAddress = 0x87,
}

/// <summary>Groups of reasons.</summary>
public static class FaultReasons
{
    /// <summary>
    /// Whether what a first stage says, or where it is, made the request fail. A right that is missing may be the second stage's too; one
    /// under a guest has them all (erratum 772415).
    /// </summary>
    public static bool IsOfFirstStage(this FaultReason reason) => reason is
        (>= FaultReason.FirstStageAccess and <= FaultReason.FirstStageTableWrite)
        or (>= FaultReason.NotCanonical and <= FaultReason.ExecuteDenied) or FaultReason.WriteDenied or FaultReason.ReadDenied;

    /// <summary>Whether a device that asked for a translation may ask for the page: nothing is recorded then (section 7.2).</summary>
    public static bool IsRecoverable(this FaultReason reason) => reason is FaultReason.FirstStageNotPresent
        or (>= FaultReason.FirstStageRootRead and <= FaultReason.FirstStageTableWrite) or FaultReason.SecondStageNotPresent
        or FaultReason.UserDenied or FaultReason.ExecuteDenied or FaultReason.WriteDenied or FaultReason.ReadDenied;
}
