namespace Iommu.Hardware;

/// <summary>What a transaction does, or what a translation grants.</summary>
[Flags]
public enum Access
{
    None = 0,
    Read = 1,
    Write = 2,
    ReadWrite = Read | Write,
}
