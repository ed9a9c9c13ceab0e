namespace RiscvIommu.Formats;

/// <summary>CAUSE of a fault record (table "Fault record CAUSE field encodings"); only those that this model raises.</summary>
public enum FaultCause : ushort
{
    None = 0,
    ReadAccess = 5,
    WriteAccess = 7,
    ReadPage = 13,
    WritePage = 15,
    ReadGuestPage = 21,
    WriteGuestPage = 23,
    AllDisallowed = 256,
    DirectoryLoad = 257,
    ContextInvalid = 258,
    ContextMisconfigured = 259,
}
