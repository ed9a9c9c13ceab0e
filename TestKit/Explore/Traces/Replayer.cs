using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Strategies;

namespace Iommu.TestKit.Explore.Traces;

/// <summary>Runs one schedule of a scenario by its decisive steps.</summary>
/// <param name="scenario">The scenario.</param>
/// <param name="mutant">Makes the mutant; null for the product as it is.</param>
internal sealed class Replayer(Scenario scenario, Func<Mutant>? mutant)
{
    private readonly HistoryJudge _histories = new();

    /// <param name="steps">The schedule.</param>
    /// <param name="recorder">Writes its turns down; null for nobody.</param>
    public ScheduleRun Run(Deviations steps, StepRecorder? recorder = null)
    {
        var run = new ScheduleRun(
            scenario, mutant?.Invoke(), new DirectedStrategy(steps.Delays, steps.Happenings), _histories, recorder);
        run.Run();
        return run;
    }

    /// <summary>The schedule as a value that can be kept.</summary>
    /// <param name="steps">The schedule; it breaks something.</param>
    /// <param name="from">How it was found.</param>
    public Trace Record(Deviations steps, string from)
    {
        var recorder = new StepRecorder();
        var run = Run(steps, recorder);
        var violation = run.Violation ?? throw new InvalidOperationException("the schedule breaks nothing when it is run again");
        return new Trace(scenario.Name, mutant?.Invoke().Name, from, Deviations.Of(run.Choices), recorder.Steps, violation);
    }

    /// <summary>Runs a schedule that was kept, and sees to it that it is the same turn for turn.</summary>
    /// <exception cref="TraceException">It is not: this build does other things than the one that has recorded it.</exception>
    public ScheduleRun Repeat(Trace trace)
    {
        var recorder = new StepRecorder();
        var run = Run(trace.Deviations, recorder);
        for (var i = 0; i < Math.Max(trace.Steps.Count, recorder.Steps.Count); i++)
        {
            var (was, isNow) = (trace.Steps.ElementAtOrDefault(i), recorder.Steps.ElementAtOrDefault(i));
            if (was is null || isNow is null || !was.IsSameAs(isNow))
                throw new TraceException("this build does not run the schedule as it was recorded: "
                    + $"turn {i + 1} is {isNow?.ToString() ?? "none"}, and was {was?.ToString() ?? "none"}");
        }
        return run;
    }
}
