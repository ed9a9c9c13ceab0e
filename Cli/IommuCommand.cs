using System.CommandLine;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Bridge;
using Iommu.Cli.Bridge;
using Iommu.Cli.Crash;
using Iommu.Cli.Explore;
using Iommu.Cli.Graph;
using Iommu.Cli.Stress;
using Iommu.Cli.Verify;
using Iommu.TestKit.Captures;
using Iommu.TestKit.Stress;

namespace Iommu.Cli;

/// <summary>The <c>iommu</c> command: finds the subcommand, runs it, and turns what was wrong with the input into one line.</summary>
public static class IommuCommand
{
    /// <summary>After Ctrl+C a run closes its contexts and prints its summary; the next one ends it at once.</summary>
    private static readonly TimeSpan EndingPatience = TimeSpan.FromMinutes(2);

    /// <summary>What starts this build in a process of its own.</summary>
    /// <param name="args">What is typed behind it.</param>
    internal static IReadOnlyList<string> CommandLine(params IEnumerable<string> args)
    {
        var host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path
            : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        return [host, "exec", typeof(IommuCommand).Assembly.Location, .. args];
    }

    /// <returns>See <see cref="ExitCode"/>.</returns>
    public static Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancel = default) =>
        RunAsync(args, terminal, (options, progress, ending) => StressRun.RunAsync(options, progress, ending), cancel);

    /// <param name="args">What was typed.</param>
    /// <param name="terminal">Where to write.</param>
    /// <param name="stress">What does a stress run.</param>
    /// <param name="cancel">Ends a run early, with its summary.</param>
    internal static async Task<int> RunAsync(
        IReadOnlyList<string> args, Terminal terminal, StressCommand.Runner stress, CancellationToken cancel = default)
    {
        var parsed = Build(terminal, stress).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            var problem = parsed.UnmatchedTokens.Count > 0
                ? $"'{parsed.UnmatchedTokens[0]}' is no command or option of this." : parsed.Errors[0].Message;
            terminal.Error.WriteLine($"iommu: {problem} See '{Help(parsed)}'.");
            return ExitCode.Usage;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = EndingPatience,
            }, cancel);
        }
        catch (Exception e) when (e is InputException or CaptureException or StressException or JournalException
            or RestoreException or BridgeException or IOException or UnauthorizedAccessException)
        {
            terminal.Error.WriteLine($"iommu: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Usage;
        }
    }

    private static RootCommand Build(Terminal terminal, StressCommand.Runner stress)
    {
        var root = Standard(terminal, stress);
        foreach (var command in ExploreCommands.Create(terminal)) root.Add(command);
        return root;
    }

    private static RootCommand Standard(Terminal terminal, StressCommand.Runner stress) => new(
        "Linux's iommufd in user space: every object and hardware command queue is an actor.")
    {
        StressCommand.Create(terminal, stress),
        VerifyCommand.Create(terminal),
        RunCommand.Create(terminal),
        ServeCommand.Create(terminal),
        GraphCommand.Create(terminal),
        CrashCommand.Create(terminal),
        CrashWorkloadCommand.Create(),
    };

    private static string Help(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        return command is RootCommand ? "iommu --help" : $"iommu {command.Name} --help";
    }
}
