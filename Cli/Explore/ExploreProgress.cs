using Iommu.TestKit.Explore;
using Spectre.Console;

namespace Iommu.Cli.Explore;

/// <summary>Shows a search while it goes on: a live line on a terminal; elsewhere a line every few seconds, and one a scenario.</summary>
internal sealed class ExploreProgress(Terminal terminal)
{
    private const double SecondsBetween = 2;

    private readonly bool _live = terminal.Console.Profile.Capabilities.Interactive && terminal.Console.Profile.Capabilities.Ansi;

    public ScenarioResult Show(Scenario scenario, Func<Action<ScenarioResult>, ScenarioResult> run)
    {
        var result = _live
            ? terminal.Console.Status().Start(scenario.Name, status => run(sample => status.Status(Markup.Escape(Line(sample)))))
            : run(Every(SecondsBetween));
        terminal.Output.WriteLine($"{Line(result)}{(result.Found is { } found ? $"  BROKEN: {found.Violation.Invariant}" : "")}");
        return result;
    }

    private Action<ScenarioResult> Every(double seconds)
    {
        var printedAt = 0.0;
        return sample =>
        {
            if (sample.Seconds - printedAt < seconds) return;
            printedAt = sample.Seconds;
            terminal.Output.WriteLine(Line(sample));
        };
    }

    private static string Line(ScenarioResult sample) =>
        $"{sample.Scenario,-22}{sample.Seconds,7:0.0} s  {sample.Schedules,11:N0} schedules  {sample.Distinct,11:N0} distinct  "
        + $"{sample.Steps / Math.Max(sample.Seconds, 1e-3),11:N0} turns/s";
}
