namespace Iommu.TestKit.Explore.Mutants;

/// <summary>The mutants that <c>--mutant</c> knows.</summary>
internal static class MutantCatalogue
{
    /// <summary>What makes each for one schedule.</summary>
    public static readonly IReadOnlyList<Func<Mutant>> All =
    [
        () => new B01(), () => new B02(), () => new B04(), () => new B05(), () => new B07(), () => new B09(), () => new B10(),
        () => new B14(), () => new B18(), () => new B25(), () => new B28(), () => new B38(), () => new B39(), () => new B46(),
        () => new B56(), () => new B60(), () => new B64(), () => new J1(), () => new J2(), () => new L1(), () => new L2(),
        () => new L3(), () => new N1(),
    ];

    /// <summary>Null when there is none of that name.</summary>
    public static Func<Mutant>? Find(string name) => All.FirstOrDefault(mutant => mutant().Name == name);
}
