using Iommu.Cli.Stress;
using Iommu.TestKit.Explore;

namespace Iommu.Cli.Explore;

/// <summary>What is going to be searched, before it is; and what does the same again.</summary>
internal static class ExploreBanner
{
    public static void Write(Terminal terminal, IReadOnlyList<Scenario> scenarios, string strategy, ExploreOptions options)
    {
        List<(string Name, string Value)> lines =
        [
            ("Iommu", StressBanner.Version(typeof(ExploreBanner).Assembly)),
            ("runtime", StressBanner.Runtime(deterministic: true)),
            ("scenarios", scenarios.Count == 1 ? $"{scenarios[0].Name}: {scenarios[0].Summary}" : $"{scenarios.Count}"),
            ("search", $"{strategy}, seed {options.Seed}, "
                + (options.Time is { } time ? $"{time.TotalSeconds:0.#} s" : $"{options.Schedules:N0} schedules") + " each"),
        ];
        if (options.Mutant?.Invoke() is { } mutant) lines.Add(("mutant", $"{mutant.Name}: {mutant.Summary}"));
        foreach (var (name, value) in lines) terminal.Output.WriteLine($"{name,-10}{value}");
        terminal.Output.WriteLine();
    }

    /// <summary>The command that finds the same again; of a search that has found nothing, the one that goes as far.</summary>
    public static string Rerun(IReadOnlyList<ScenarioResult> results, string? scenario, string strategy, ExploreOptions options)
    {
        var last = results[^1];
        var command = "dotnet run --project Cli -p:ActorRuntime=Replay -- explore";
        if (last.Found is not null) command += $" --scenario {last.Scenario}";
        else if (scenario is not null) command += $" --scenario {scenario}";
        if (options.Mutant?.Invoke() is { } mutant) command += $" --mutant {mutant.Name}";
        var schedules = last.Found?.Schedule ?? (options.Time is null ? options.Schedules : results.Max(result => result.Schedules));
        return FormattableString.Invariant($"{command} --strategy {strategy} --seed {options.Seed} --schedules {schedules}");
    }
}
