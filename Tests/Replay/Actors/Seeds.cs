namespace Iommu.Tests.Replay.Actors;

/// <summary>A scenario in the interleavings of several seeds, one after the other.</summary>
internal static class Seeds
{
    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="scenario">The scenario; what it throws is reported with its seed.</param>
    public static async Task RunAsync(int first, int count, Func<int, Task> scenario)
    {
        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                await scenario(seed);
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
        }
    }
}
