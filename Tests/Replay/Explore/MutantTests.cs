using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Scenarios;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Tests.Replay.Explore;

/// <summary>Every bug that is put back is found from the invariants alone, repeats itself, and is short.</summary>
public class MutantTests
{
    private const int DecisiveMax = 20;

    public static TheoryData<string> Names => [.. MutantCatalogue.All.Select(mutant => mutant().Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mutant_is_found_repeats_itself_and_is_short(string name)
    {
        var mutant = MutantCatalogue.Find(name)!;
        var found = ExplorerTests.Search(mutant().Scenario, "pct", schedules: 10_000, mutant: mutant).Found;
        Assert.True(found is not null, $"{name} is not found");
        Assert.True(found.Trace.Deviations.Count <= DecisiveMax, ExplorerTests.Text(found));
        var replayer = new Replayer(ScenarioCatalogue.Find(mutant().Scenario)!, mutant);
        for (var i = 0; i < 5; i++) Assert.Equal(found.Violation.Invariant, replayer.Repeat(found.Trace).Violation?.Invariant);
    }
}
