using System.Reflection;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Stress;

/// <summary>What is going to run, before it runs.</summary>
internal static class StressBanner
{
    public static void Write(Terminal terminal, StressOptions options)
    {
        var end = options.Operations is { } operations
            ? $"{operations:N0} invalidations" : $"{options.Duration!.Value.TotalSeconds:0.#} s";
        var lines = new List<(string Name, string Value)>
        {
            ("Iommu", Version(typeof(StressBanner).Assembly)),
            ("runtime", Runtime()),
            ("hardware", options.Hardware.Name + Queues(options)),
            ("guests", $"{options.Guests} synthetic, {options.Vcpus} vCPUs and {options.Devices} devices each"),
        };
        lines.AddRange(options.Captures.Select(capture => ("", $"1 recorded: {capture}")));
        lines.Add(("seed", $"{options.Seed}, for {end}"));
        lines.Add(("journal", options.Journal ?? "none: nothing is kept"));
        if (options.Fault is { } fault)
        {
            var must = options.Hardware.Survives(fault.Kind) ? "hold" : "break";
            lines.Add(("fault", $"{FaultSwitch.Text(fault)}, planted: the run must {must}"));
        }
        foreach (var (name, value) in lines) terminal.Output.WriteLine($"{name,-10}{value}");
        terminal.Output.WriteLine();
    }

    private static string Queues(StressOptions options) => !options.Hardware.HasQueues ? ""
        : $", vCPUs invalidate {(options.Queues ?? QueueUse.Both) switch
        {
            QueueUse.Trapped => "by calls",
            QueueUse.Direct => "by queues of their own",
            _ => "by calls and by queues of their own",
        }}";

    /// <summary>The actor runtime that this was built against: Akka.NET with its version, or Replay.</summary>
    /// <param name="deterministic">Whether it is run on one thread, in an order that is chosen.</param>
    public static string Runtime(bool deterministic = false)
    {
        var assembly = typeof(Akka.Actor.ActorSystem).Assembly;
        return assembly.GetName().Name == "Akka" ? $"Akka.NET {Version(assembly)}"
            : $"Replay (this repository's own, {(deterministic ? "deterministic" : "parallel")} mode)";
    }

    public static string Version(Assembly assembly)
    {
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
        return version.Length == 1 ? version[0] : $"{version[0]} ({version[1][..Math.Min(10, version[1].Length)]})";
    }
}
