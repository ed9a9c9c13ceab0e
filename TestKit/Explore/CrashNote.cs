namespace Iommu.TestKit.Explore;

/// <summary>Stands in a trace where the simulator crashes.</summary>
/// <param name="What">What is durable of what was under way.</param>
internal sealed record CrashNote(string What)
{
    /// <summary>Whose turn it counts as.</summary>
    public const string Who = "crash";
}
