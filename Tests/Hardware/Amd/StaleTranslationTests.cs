using Iommu.Hardware.Faults;

namespace Iommu.Tests.Hardware.Amd;

/// <summary>Invariant I8 under random interleavings: it holds, and a command that is dropped breaks it and is named.</summary>
public class StaleTranslationTests
{
    private const int FaultRuns = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_transaction_uses_what_was_invalidated_before_it_started(int seed)
    {
        const int steps = 300_000;
        var chaos = new InvalidationChaos(seed);
        chaos.Run(steps);
        Assert.True(chaos.Checker.Breaches.Count == 0, $"seed {seed}: {chaos.Checker.Breaches.FirstOrDefault()}");
        Assert.True(chaos.Wrong.Count == 0, $"seed {seed}: {chaos.Wrong.FirstOrDefault()}");
        Assert.True(chaos.Succeeded > steps / 20, $"seed {seed}: {chaos.Succeeded} translations");
        Assert.True(chaos.Checker.InvalidationsWatched > steps / 200, $"seed {seed}: {chaos.Checker.InvalidationsWatched} invalidations");
    }

    [Fact]
    public void A_dropped_invalidation_is_found_with_its_entry_and_command()
    {
        var caught = 0;
        for (var seed = 1; seed <= FaultRuns; seed++)
        {
            DroppedCommandQueue? queue = null;
            var chaos = new InvalidationChaos(
                seed, inner => queue = new DroppedCommandQueue(inner, CommandSet.Amd, new Victims(100 + seed)));
            chaos.Run(40_000);
            foreach (var breach in chaos.Checker.Breaches)
                Assert.Equal(CommandSet.Amd.Describe(queue!.Victim.Span), breach.Invalidation.Command.ToString());
            caught += chaos.Checker.Breaches.Count > 0 ? 1 : 0;
        }
        Assert.True(caught >= 3, $"{caught} of {FaultRuns} runs were caught");
    }
}
