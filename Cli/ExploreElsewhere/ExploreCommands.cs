using System.CommandLine;

namespace Iommu.Cli.Explore;

/// <summary>The commands that only Replay can carry out, on a runtime that cannot: they say so.</summary>
internal static class ExploreCommands
{
    public static IEnumerable<Command> Create(Terminal terminal) =>
    [
        Refusing(terminal, "explore", "Search interleavings for one that breaks an invariant (on Replay)"),
        Refusing(terminal, "replay", "Run the schedule of a trace again (on Replay)"),
    ];

    private static Command Refusing(Terminal terminal, string name, string description)
    {
        var command = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(_ =>
        {
            terminal.Error.WriteLine($"iommu: {name} chooses who goes next, which Akka.NET lets nobody do; run it on Replay: "
                + $"dotnet run --project Cli -p:ActorRuntime=Replay -- {name}");
            return ExitCode.Usage;
        });
        return command;
    }
}
