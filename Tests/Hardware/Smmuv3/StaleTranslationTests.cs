using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>Invariant I8 under random interleavings: it holds, and a fault in the queue breaks it and is named.</summary>
public class StaleTranslationTests
{
    private const int FaultRuns = 12;

    [Theory]
    [InlineData(1, 700_000)]
    [InlineData(2, 700_000)]
    [InlineData(3, 700_000)]
    [InlineData(4, 700_000)]
    public void No_transaction_uses_what_was_invalidated_before_it_started(int seed, int steps)
    {
        var chaos = new InvalidationChaos(seed);
        chaos.Run(steps);
        Assert.True(chaos.Checker.Breaches.Count == 0, $"seed {seed}: {chaos.Checker.Breaches.FirstOrDefault()}");
        Assert.True(chaos.Wrong.Count == 0, $"seed {seed}: {chaos.Wrong.FirstOrDefault()}");
        Assert.True(chaos.Succeeded > steps / 20, $"seed {seed}: {chaos.Succeeded} translations");
        Assert.True(chaos.Checker.InvalidationsWatched > steps / 150, $"seed {seed}: {chaos.Checker.InvalidationsWatched} invalidations");
    }

    [Fact]
    public void A_dropped_invalidation_is_found_with_its_entry_and_command() =>
        AssertFound((queue, victim) => new DroppedCommandQueue(queue, CommandSet.Smmuv3, new Victims(victim)));

    [Fact]
    public void A_sync_that_completes_before_its_invalidation_is_found_with_its_entry_and_command() =>
        AssertFound((queue, victim) => new EarlySyncQueue(queue, CommandSet.Smmuv3, new Victims(victim), batchesLate: 10));

    [Fact]
    public void An_ATC_that_does_not_answer_in_time_is_found_with_what_it_kept()
    {
        var caught = 0;
        for (var seed = 1; seed <= FaultRuns; seed++)
        {
            var chaos = new InvalidationChaos(seed, inner =>
            {
                ((CommandQueue)inner).LosesAtcInvalidation = new AtcTimeout(new Victims(5, 10)).Loses;
                return inner;
            });
            chaos.Run(40_000);
            Assert.All(chaos.Checker.Breaches, breach => Assert.Equal(CacheKind.Atc, breach.Entry.Kind));
            if (chaos.Checker.Breaches.FirstOrDefault() is { } first) AssertExplained(first);
            caught += chaos.Checker.Breaches.Count > 0 ? 1 : 0;
        }
        Assert.True(caught >= 3, $"{caught} of {FaultRuns} runs were caught");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Invalidations_that_come_twice_change_nothing(int seed)
    {
        DuplicatedCommandQueue? fault = null;
        var chaos = new InvalidationChaos(
            seed, inner => fault = new DuplicatedCommandQueue(inner, CommandSet.Smmuv3, new Victims(3, 5)));
        AssertHolds(chaos);
        Assert.True(fault!.Duplicated > 100, $"{fault.Duplicated} duplicated");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Hardware_that_needs_invalidations_twice_is_served_so_by_a_driver_that_knows_it(int seed) =>
        AssertHolds(new InvalidationChaos(seed, inner => new RepeatTlbiQueue(inner), repeats: true));

    [Fact]
    public void Hardware_that_needs_invalidations_twice_is_found_where_the_driver_does_not_know_it()
    {
        var chaos = new InvalidationChaos(1, inner => new RepeatTlbiQueue(inner, from: 50));
        chaos.Run(40_000);
        AssertExplained(chaos.Checker.Breaches.First());
    }

    private static void AssertHolds(InvalidationChaos chaos)
    {
        chaos.Run(200_000);
        Assert.True(chaos.Checker.Breaches.Count == 0, $"{chaos.Checker.Breaches.FirstOrDefault()}");
        Assert.True(chaos.Wrong.Count == 0, $"{chaos.Wrong.FirstOrDefault()}");
        Assert.True(chaos.Succeeded > 10_000, $"{chaos.Succeeded} translations");
    }

    // Whether a victim matters depends on what is cached; among a few runs several must be caught, and never another command.
    private static void AssertFound(Func<ICommandQueue, long, CommandFault> fault)
    {
        var caught = 0;
        for (var seed = 1; seed <= FaultRuns; seed++)
        {
            CommandFault? queue = null;
            var chaos = new InvalidationChaos(seed, inner => queue = fault(inner, 200 + seed));
            chaos.Run(40_000);
            foreach (var breach in chaos.Checker.Breaches)
                Assert.Equal(CommandSet.Smmuv3.Describe(queue!.Victim.Span), breach.Invalidation.Command.ToString());
            if (chaos.Checker.Breaches.FirstOrDefault() is { } first) AssertExplained(first);
            caught += chaos.Checker.Breaches.Count > 0 ? 1 : 0;
        }
        Assert.True(caught >= 3, $"{caught} of {FaultRuns} runs were caught");
    }

    private static void AssertExplained(StaleHit<Command, CacheEntry> breach)
    {
        Assert.True(breach.Entry.Sequence < breach.Invalidation.IssuedAt);
        Assert.Contains(breach.Invalidation.Command.ToString(), breach.ToString());
        Assert.Contains($"CMD_SYNC {breach.Invalidation.Sync}", breach.ToString());
    }
}
