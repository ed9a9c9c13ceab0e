using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Journals;
using Iommu.Cli.CommandLine;

namespace Iommu.Cli.Bridge;

/// <summary>The journal that the simulator of a bridge keeps: a file that is made when it is not there, or a database.</summary>
internal static class BridgeJournal
{
    /// <param name="named">What the user gave: a file, or a connection string.</param>
    /// <exception cref="InputException">It is a directory, or another program's database.</exception>
    /// <exception cref="JournalException">It cannot be used.</exception>
    public static Config Open(string named)
    {
        if (ReadOnlyJournal.IsPostgres(named)) return SimulatorConfig.Postgres(named);
        if (Directory.Exists(named)) throw new InputException($"--journal {named}: this is a directory; name a file");
        if (File.Exists(named)) JournalFile.IsJournal(named);
        return SimulatorConfig.Sqlite(named);
    }
}
