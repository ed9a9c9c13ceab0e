namespace Iommu.Hardware.Vtd;

/// <summary>Response codes of a page group response descriptor (section 7.7.1; PCIe PRI).</summary>
public static class PageGroupResponse
{
    public const int Success = 0;
    public const int Invalid = 1;
    public const int Failure = 0xF;
}
