using System.Diagnostics;
using Iommu.Tests.Tidy;

namespace Iommu.Tests.Replay.Tidy;

/// <summary>Compares what Replay offers in Akka's namespaces with the list of what Akka.NET offers.</summary>
public static class AkkaApi
{
    private static readonly string Shared = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared"));

    private static readonly string[] Assemblies = ["Iommu.Replay.Core.dll", "Iommu.Replay.TestKit.dll", "Akka.Persistence.Sql.dll"];

    public static string List { get; } = Path.Combine(Shared, "reference", "akka-api-1.5.30.txt");

    public static bool IsAtHand => File.Exists(List) && File.Exists(Tool);

    private static string Tool => Path.Combine(Shared, "tools", "akka-api.cs");

    /// <summary>Exit status and output: status 1 names each type or member that the list lacks, a line each.</summary>
    public static (int Status, string Output) Check(string list)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "run", Tool, "--", "check", list }) start.ArgumentList.Add(argument);
        foreach (var assembly in Assemblies) start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, assembly));

        // The test runner's own MSBuild settings would be taken for those of the tool's build.
        foreach (var key in start.Environment.Keys.Where(k => k.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(key);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
