using Iommu.Cli.Stress;
using Iommu.TestKit.Crash.Simulated;

namespace Iommu.Cli.Crash;

/// <summary>What is going to be crashed, before it is; and what does the same again.</summary>
internal static class SimulatedCrashBanner
{
    public static void Write(Terminal terminal, SimulatedCrashOptions options)
    {
        List<(string Name, string Value)> lines =
        [
            ("Iommu", StressBanner.Version(typeof(SimulatedCrashBanner).Assembly)),
            ("runtime", StressBanner.Runtime(deterministic: true)),
        ];
        if (options.Scenarios.Count > 0) lines.Add(("scenarios", Scenarios(options)));
        if (options.Runs > 0)
            lines.Add(("random",
                $"{options.Runs:N0} {(options.Actors ? "actors thrown down" : "crashes")} while contexts make random calls"));
        lines.Add(("seed", $"{options.Seed}"));
        if (options.Fault is { } fault) lines.Add(("fault", $"{fault.Name}, planted: {fault.Summary}"));
        foreach (var (name, value) in lines) terminal.Output.WriteLine($"{name,-10}{value}");
        terminal.Output.WriteLine();
    }

    /// <summary>The command that does the same, turn for turn.</summary>
    public static string Rerun(SimulatedCrashOptions options)
    {
        var command = "dotnet run --project Cli -p:ActorRuntime=Replay -- crash --simulated";
        if (options.Runs == 0)
            command += options.Scenarios.Count == 1 ? $" --scenario {options.Scenarios[0].Name}" : " --scenario all";
        else if (options.Scenarios.Count == 0) command += options.Actors ? " --actors" : " --scenario random";
        if (options.Runs > 0) command += FormattableString.Invariant($" --runs {options.Runs}");
        if (options.Scenarios.Count > 0 && (options.Interleavings > 1 || options.Fault is not null))
            command += FormattableString.Invariant($" --interleavings {options.Interleavings}");
        command += FormattableString.Invariant($" --seed {options.Seed}");
        return options.Fault is { } fault ? $"{command} --fault {fault.Name}" : command;
    }

    private static string Scenarios(SimulatedCrashOptions options)
    {
        var what = options.Scenarios.Count == 1
            ? $"{options.Scenarios[0].Name}: {options.Scenarios[0].Summary}" : $"{options.Scenarios.Count}";
        return $"{what}, before every turn{(options.Interleavings > 1 ? $" of {options.Interleavings:N0} orders" : "")}";
    }
}
