using System.CommandLine;
using Iommu.TestKit.Crash;

namespace Iommu.Cli.Crash;

/// <summary>The process that <c>iommu crash</c> kills. Not for users: it is told what to do through a pipe.</summary>
internal static class CrashWorkloadCommand
{
    public const string Name = "crash-workload";

    public static Command Create()
    {
        var options = new Argument<string>("OPTIONS");
        var command = new Command(Name, "The process that 'crash' kills") { options };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            using var output = Console.OpenStandardOutput();
            // Nothing but what the run is told goes into the pipe.
            Console.SetOut(Console.Error);
            await CrashWorkload.RunAsync(parsed.GetValue(options)!, Console.In, output);
            return ExitCode.Held;
        });
        return command;
    }
}
