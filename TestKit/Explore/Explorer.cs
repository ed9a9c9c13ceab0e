using System.Diagnostics;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.TestKit.Explore;

/// <summary>Searches the schedules of a scenario for one that breaks an invariant. One thread.</summary>
/// <param name="scenario">What runs.</param>
/// <param name="options">How.</param>
internal sealed class Explorer(Scenario scenario, ExploreOptions options)
{
    private readonly HashSet<ulong> _orders = [];
    private readonly HashSet<ulong> _shapes = [];
    private readonly HistoryJudge _histories = new();
    private readonly Stopwatch _clock = new();
    private readonly Strategy _strategy = options.Strategy(options.Seed);
    private long _schedules;
    private long _abandoned;
    private long _steps;
    private ulong _fingerprint;

    /// <summary>What it has come to so far.</summary>
    public ScenarioResult Result => new(scenario.Name, _strategy.Name)
    {
        Schedules = _schedules,
        Distinct = _orders.Count,
        Shapes = _shapes.Count,
        Abandoned = _abandoned,
        Steps = _steps,
        Fingerprint = _fingerprint,
        Seconds = _clock.Elapsed.TotalSeconds,
        IsComplete = _strategy.IsComplete,
    };

    /// <param name="progress">Called now and then; null for nobody.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <returns>What it came to, with the first schedule that breaks something.</returns>
    public ScenarioResult Run(Action<ScenarioResult>? progress = null, CancellationToken cancel = default)
    {
        _clock.Start();
        for (var number = 0; _schedules < options.Schedules && !cancel.IsCancellationRequested; number++)
        {
            if (options.Time is { } time && _clock.Elapsed > time || !_strategy.Begin(number)) break;
            var run = new ScheduleRun(scenario, options.Mutant?.Invoke(), _strategy, _histories);
            run.Run();
            Count(run);
            if (run.Violation is not null)
            {
                _clock.Stop();
                return Result with { Found = Examine(run) };
            }
            if (number % 64 == 63) progress?.Invoke(Result);
        }
        _clock.Stop();
        return Result;
    }

    private void Count(ScheduleRun run)
    {
        _steps += run.Choices.Steps;
        _fingerprint = Fingerprint.Then(_fingerprint, run.Choices.Order);
        if (run.IsAbandoned)
        {
            _abandoned++;
            return;
        }
        _schedules++;
        _orders.Add(run.Choices.Order);
        _shapes.Add(run.Choices.Shape);
    }

    private Found Examine(ScheduleRun run)
    {
        var replayer = new Replayer(scenario, options.Mutant);
        var found = Deviations.Of(run.Choices);
        var shortest = new Shrinker(replayer).Shrink(found, run.Violation!.Invariant);
        var trace = replayer.Record(shortest, $"{_strategy.Name}, seed {options.Seed}, schedule {_schedules}");
        return new Found(trace.Violation, (int)_schedules, trace, found.Count);
    }
}
