using Iommu.TestKit.Stress;

namespace Iommu.Cli.Stress;

/// <summary>What a stress run holds true, and by which check.</summary>
internal static class InvariantTable
{
    private static readonly (string Name, string What, string Check)[] Checked =
    [
        ("I1", "every reference is dropped exactly once", "at each change of a count; of all in the end"),
        ("I2", "what is found is published and not destroyed", "at each call let in; by each controller"),
        ("I5", "areas = contents of every domain; pins = users", "of every IOAS in the end"),
        ("I8", "nothing stale is hit after an invalidation", "at each cache hit; against the guest's tables"),
        ("I11", "what a guest does fails itself alone", "at each stop of a queue; of where DMA went"),
        ("I12", "a call answers as it should, or changes nothing", "of each answer"),
    ];

    /// <summary>A row for each invariant that is checked, and for each other one that broke all the same.</summary>
    public static IEnumerable<(string Name, string What, string Check, int Violations)> Rows(IReadOnlyList<Violation> violations)
    {
        foreach (var (name, what, check) in Checked) yield return (name, what, check, violations.Count(v => v.Invariant == name));
        foreach (var other in violations.Where(v => Checked.All(c => c.Name != v.Invariant)).GroupBy(v => v.Invariant))
            yield return (other.Key, "see below", "where it broke", other.Count());
    }
}
