namespace Iommu.Messages.Uapi;

/// <summary>PROT_* of mmap(2).</summary>
[Flags]
public enum MemoryProtection
{
    None = 0,
    Read = 1 << 0,
    Write = 1 << 1,
    Exec = 1 << 2,
}

/// <summary>MAP_* of mmap(2): of which kind a mapping is.</summary>
public enum MemoryMapKind
{
    Shared = 1,
    Private = 2,
    /// <summary>MAP_SHARED_VALIDATE.</summary>
    SharedValidate = 3,
}
