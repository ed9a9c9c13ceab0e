using Iommu.Actors;
using Iommu.Actors.Journals;
using Iommu.Cli.Graph;
using Microsoft.Data.Sqlite;

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

    private const int Busy = 5;
    private const int Locked = 6;
    private const int Corrupt = 11;
    private const int NoDatabase = 26;

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
        if (!File.Exists(path) || !IsJournal(path)) return [];
        // No context has an empty name: only the directory is read.
        return (await JournalSource.ReadAsync(path, context: "")).Names;
    }

    /// <summary>Renames a journal that nobody has open, with all that was written to it.</summary>
    /// <exception cref="JournalException">Somebody has it open, or it is no database.</exception>
    public static void SetAside(string path, string previous)
    {
        if (!File.Exists(path)) return;
        // Leaving the write-ahead log puts everything into the one file, and fails while anybody else has it open.
        Execute(path, "PRAGMA journal_mode=DELETE");
        File.Move(path, previous, overwrite: true);
    }

    /// <summary>False for an empty database.</summary>
    private static bool IsJournal(string path)
    {
        Execute(path, "BEGIN IMMEDIATE; ROLLBACK");
        var tables = Execute(path,
            "SELECT group_concat(name, ', ') FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") as string;
        if (tables is null) return false;
        return tables.Split(", ").Contains("journal") ? true : throw new InputException(
            $"--journal {path}: this database is another program's (it has {tables}); name another file");
    }

    private static object? Execute(string path, string sql)
    {
        try
        {
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 1, Pooling = false }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteScalar();
        }
        catch (SqliteException e)
        {
            throw new JournalException($"{path}: {Explain(e)}; name another file with --journal", e);
        }
    }

    private static string Explain(SqliteException e) => e.SqliteErrorCode switch
    {
        Busy or Locked => "another process has this journal open; end that one",
        Corrupt or NoDatabase => "this is no SQLite database, or a damaged one; nothing was changed",
        _ => $"this journal cannot be written ({e.Message})",
    };
}
