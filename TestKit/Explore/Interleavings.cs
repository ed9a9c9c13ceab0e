using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Explore;

/// <summary>Holds a scenario of one's own to the invariants, in many orders: for tests.</summary>
public static class Interleavings
{
    /// <summary>Searches a scenario.</summary>
    /// <param name="scenario">What runs.</param>
    /// <param name="schedules">How many orders of it.</param>
    /// <param name="seed">Where they come from.</param>
    /// <param name="strategy">How they are chosen: random, pct, delay, exhaustive.</param>
    /// <returns>How many of them were distinct.</returns>
    /// <exception cref="BrokenScheduleException">One breaks something.</exception>
    public static long Hold(Scenario scenario, int schedules = 1_000, int seed = 1, string strategy = StrategyCatalogue.Standard)
    {
        var result = new Explorer(scenario, new ExploreOptions
        {
            Schedules = schedules,
            Seed = seed,
            Strategy = of => StrategyCatalogue.Create(strategy, of),
        }).Run();
        return result.Found is { } found ? throw new BrokenScheduleException(found) : result.Distinct;
    }

    /// <summary>Searches what a test body has its callers do (<see cref="World.Caller"/>), on the sequential model's machine.</summary>
    /// <param name="body">What leads there, and the callers, who begin when it is done.</param>
    /// <param name="schedules">How many orders of it.</param>
    /// <param name="seed">Where they come from.</param>
    /// <param name="strategy">As above.</param>
    /// <exception cref="BrokenScheduleException">An order breaks something.</exception>
    public static long Hold(
        Func<World, Task> body, int schedules = 1_000, int seed = 1, string strategy = StrategyCatalogue.Standard) =>
        Hold(new Body(body), schedules, seed, strategy);

    private sealed class Body(Func<World, Task> body) : Scenario
    {
        public override string Name => "test";

        public override string Summary => "the body of a test";

        public override Task SetUpAsync(World world) => body(world);

        // The body has named them.
        public override void Start(World world) { }
    }
}

/// <summary>An order of a scenario's turns breaks something: says what, and shows the order, as short as it could be made.</summary>
public sealed class BrokenScheduleException : Exception
{
    internal BrokenScheduleException(Found found) : base(string.Join(Environment.NewLine,
        [$"{found.Violation.Invariant} broken: {found.Violation.What}", .. found.Violation.Details, .. TraceColumns.Lines(found.Trace)])) =>
        Violation = found.Violation;

    /// <summary>What is broken.</summary>
    public Violation Violation { get; }
}
