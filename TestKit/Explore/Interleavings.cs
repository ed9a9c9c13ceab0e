using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;
using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;

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
        var result = Search(scenario, schedules, seed, strategy);
        return result.Found is { } found ? throw new BrokenScheduleException(found) : result.Distinct;
    }

    /// <summary>
    /// Searches the orders in which the callers of a test's body go on (<see cref="MachineUnderTest.TogetherAsync"/>), each on a new
    /// machine. What the body expects must hold in all of them, and the invariants. The first that breaks something is made short, and
    /// kept as a file, for <see cref="Repeat"/>.
    /// </summary>
    /// <param name="hardware">The sort of IOMMU.</param>
    /// <param name="body">The test. It may wait for nothing but what the machine and callers offer.</param>
    /// <param name="options">What the machine has; null for two devices and no faults.</param>
    /// <param name="schedules">How many orders.</param>
    /// <param name="seed">Where they come from.</param>
    /// <param name="strategy">How they are chosen: random, pct, delay, exhaustive.</param>
    /// <param name="failures">How many steps may fail in one (<see cref="Scenario.FailuresMax"/>).</param>
    /// <param name="folder">Where a broken order is kept; null for <c>schedules</c> beside the test's assembly.</param>
    /// <returns>How many of them were distinct.</returns>
    /// <exception cref="BrokenScheduleException">One breaks something.</exception>
    /// <exception cref="ScenarioException">The body has nobody meet.</exception>
    public static long Hold(
        StressHardware hardware, Func<MachineUnderTest, Task> body, MachineOptions? options = null, int schedules = 1_000, int seed = 1,
        string strategy = StrategyCatalogue.Standard, int failures = 0, string? folder = null)
    {
        var result = Search(new BodyScenario(hardware, body, options, failures), schedules, seed, strategy);
        if (result.Found is not { } found) return result.Distinct;
        var text = TraceFile.Write(found.Trace);
        var kept = Directory.CreateDirectory(folder ?? Path.Combine(AppContext.BaseDirectory, "schedules"));
        var path = Path.Combine(kept.FullName, $"{Fingerprint.Of(text):x16}.json");
        File.WriteAllText(path, text);
        throw new BrokenScheduleException(found, path);
    }

    /// <summary>Runs the one order of a test's body that <c>Hold</c> has kept.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hardware">As there.</param>
    /// <param name="body">As there.</param>
    /// <param name="options">As there.</param>
    /// <param name="failures">As there.</param>
    /// <returns>What is broken still; null when it holds now.</returns>
    /// <exception cref="TraceException">The file has no schedule, or the test does other things now than when it was recorded.</exception>
    public static Violation? Repeat(
        string path, StressHardware hardware, Func<MachineUnderTest, Task> body, MachineOptions? options = null, int failures = 0) =>
        new Replayer(new BodyScenario(hardware, body, options, failures), mutant: null)
            .Repeat(TraceFile.Read(File.ReadAllText(path))).Violation;

    /// <summary>Searches what a test body has its callers do (<see cref="World.Caller"/>), on the sequential model's machine.</summary>
    /// <param name="body">What leads there, and the callers, who begin when it is done.</param>
    /// <param name="schedules">How many orders of it.</param>
    /// <param name="seed">Where they come from.</param>
    /// <param name="strategy">As above.</param>
    /// <exception cref="BrokenScheduleException">An order breaks something.</exception>
    public static long Hold(
        Func<World, Task> body, int schedules = 1_000, int seed = 1, string strategy = StrategyCatalogue.Standard) =>
        Hold(new Body(body), schedules, seed, strategy);

    private static ScenarioResult Search(Scenario scenario, int schedules, int seed, string strategy)
    {
        var options = new ExploreOptions
        {
            Schedules = schedules,
            Seed = seed,
            Strategy = of => StrategyCatalogue.Create(strategy, of),
        };
        return new Explorer(scenario, options).Run();
    }

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
    internal BrokenScheduleException(Found found, string? path = null) : base(string.Join(Environment.NewLine,
        [
            $"{found.Violation.Invariant} broken: {found.Violation.What}", .. found.Violation.Details,
            $"in {found.Trace.From}{(path is null ? "" : $", kept as {path}")}", .. TraceColumns.Lines(found.Trace),
        ])) => (Violation, Path) = (found.Violation, path);

    /// <summary>What is broken.</summary>
    public Violation Violation { get; }

    /// <summary>The file that the order is kept in; null when it is not.</summary>
    public string? Path { get; }
}
