using System.CommandLine;

namespace Iommu.Cli.Explore;

/// <summary>The commands that only Replay can carry out.</summary>
internal static class ExploreCommands
{
    public static IEnumerable<Command> Create(Terminal terminal) => [ExploreCommand.Create(terminal), ReplayCommand.Create(terminal)];
}
