using System.Globalization;

namespace Iommu.Tests.Hardware.Reference;

/// <summary>
/// How many translations a comparison with a reference walker makes: a short form in the suite, IOMMU_WALKS of them when that is set.
/// </summary>
internal static class WalkLength
{
    public static int Of(int inSuite) =>
        Environment.GetEnvironmentVariable("IOMMU_WALKS") is { } asked ? int.Parse(asked, CultureInfo.InvariantCulture) : inSuite;
}
