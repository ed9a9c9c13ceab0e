namespace Iommu.TestKit.Explore.Strategies;

/// <summary>The strategies by name.</summary>
internal static class StrategyCatalogue
{
    public const string Standard = "random";

    private static readonly Dictionary<string, Func<long, Strategy>> All = new()
    {
        ["random"] = seed => new RandomStrategy(seed),
        ["pct"] = seed => new PctStrategy(seed),
        ["exhaustive"] = _ => new ExhaustiveStrategy(),
        ["delay"] = seed => new DelayStrategy(seed),
    };

    public static IReadOnlyCollection<string> Names => All.Keys;

    public static Strategy Create(string name, long seed) => All[name](seed);
}
