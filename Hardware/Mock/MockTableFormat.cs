namespace Iommu.Hardware.Mock;

/// <summary>
/// The two kinds of tables of the mock (MOCK_IOMMUPT_*). Both are AMD's v1 format with a granule of 2 KiB and three levels, so 38
/// address bits, and any power of two from a granule on is a page (generic_pt/fmt/amdv1.h, AMDV1_IOMMUFD_SELFTEST; iommu_pt.h, get_info:
/// nothing as large as half of the space).
/// </summary>
/// <param name="PageSizes">Pages that the tables hold, a bit each.</param>
/// <param name="ApertureFirst">First IOVA.</param>
/// <param name="ApertureLast">Last IOVA.</param>
internal sealed record MockTableFormat(ulong PageSizes, ulong ApertureFirst, ulong ApertureLast)
{
    public const int GranuleLog2 = 11;
    public const int InputBits = 38;

    /// <summary>MOCK_IOMMUPT_DEFAULT: its aperture is cut to 16 MiB..2 GiB.</summary>
    public static readonly MockTableFormat Default =
        new((1UL << (InputBits - 1)) - (1UL << GranuleLog2), 1UL << 24, (1UL << 31) - 1);

    /// <summary>MOCK_IOMMUPT_HUGE: 1 MiB, and 4 KiB since iommufd accepts no domain without it.</summary>
    public static readonly MockTableFormat Huge = new((1UL << 20) | (1UL << 12), 0, (1UL << InputBits) - 1);

    /// <summary>Null when there is no such kind.</summary>
    public static MockTableFormat? Of(uint pagetableType) => pagetableType switch { 0 => Default, 1 => Huge, _ => null };
}
