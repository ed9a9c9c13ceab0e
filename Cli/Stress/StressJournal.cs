using Iommu.Actors;
using Iommu.Actors.Journals;
using Iommu.Cli.CommandLine;
using Iommu.Cli.Graph;

namespace Iommu.Cli.Stress;

/// <summary>
/// The journal of a run. A file that the user names is kept, whatever is in it, and the run is added to it. Without a name the run
/// starts a fresh one at the standard place, and the one that was there is kept as the previous one.
/// </summary>
internal static class StressJournal
{
    public const string Standard = "artifacts/stress.db";
    public const string Previous = "artifacts/stress.previous.db";
    public const string None = "none";

    /// <param name="named">What the user gave; null for nothing.</param>
    /// <returns>The file; null for no journal.</returns>
    public static string? PathOf(string? named) => named == None ? null : named ?? Standard;

    /// <summary>Makes the file ready to be opened, and tells which contexts it knows from earlier runs.</summary>
    /// <exception cref="InputException">Another program's database, or no file.</exception>
    /// <exception cref="JournalException">The file is locked, or is no database.</exception>
    public static async Task<IReadOnlyList<string>> PrepareAsync(string? named)
    {
        if (PathOf(named) is not { } path) return [];
        if (ReadOnlyJournal.IsPostgres(path))
            throw new InputException("--journal takes a SQLite file, or none; stress does not write to PostgreSQL");
        if (Directory.Exists(path)) throw new InputException($"--journal {path}: this is a directory; name a file, or none");
        if (named is null) SetAside(path, Previous);
        if (!File.Exists(path) || !JournalFile.IsJournal(path)) return [];
        // No context has an empty name: only the directory is read.
        return (await JournalSource.ReadAsync(path, context: "")).Names;
    }

    /// <summary>Renames a journal that nobody has open, with all that was written to it.</summary>
    /// <exception cref="JournalException">Somebody has it open, or it is no database.</exception>
    public static void SetAside(string path, string previous)
    {
        if (!File.Exists(path)) return;
        // Leaving the write-ahead log puts everything into the one file, and fails while anybody else has it open.
        JournalFile.Execute(path, "PRAGMA journal_mode=DELETE");
        File.Move(path, previous, overwrite: true);
    }
}
