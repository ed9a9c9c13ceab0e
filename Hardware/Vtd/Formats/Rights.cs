namespace Iommu.Hardware.Vtd.Formats;

/// <summary>What a request needs, or what tables grant; the first two are those of <see cref="Access"/>.</summary>
[Flags]
public enum Rights : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,
    All = Read | Write | Execute,
}
