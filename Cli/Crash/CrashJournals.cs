using Iommu.Actors.Journals;
using Npgsql;

namespace Iommu.Cli.Crash;

/// <summary>
/// The journals of a run: one for each process that is killed beside the others, since a journal has one writer. They are fresh: what a run
/// compares is what itself has done.
/// </summary>
internal static class CrashJournals
{
    public const string Standard = "artifacts/crash.db";

    /// <summary>Processes at a time.</summary>
    public const int ProcessesMax = 64;

    private const string SchemaStandard = "iommu";

    /// <param name="named">What the user gave: a file, or a connection string.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="InputException">It is a directory, or a file that the user has, or no database can be had there.</exception>
    public static IReadOnlyList<string> Prepare(string named, int count) => ReadOnlyJournal.IsPostgres(named)
        ? Schemas(named, count) : [.. Enumerable.Range(0, count).Select(number => Fresh(FileOf(named, number)))];

    private static string FileOf(string named, int number) => number == 0 ? named
        : Path.ChangeExtension(named, $".{number}{Path.GetExtension(named)}");

    private static string Fresh(string file)
    {
        if (Directory.Exists(file)) throw new InputException($"--journal {file}: this is a directory; name a file");
        if (File.Exists(file) && !IsStandard(file))
            throw new InputException($"--journal {file}: this file exists; a crash run starts with a journal of its own, name another");
        // Deleting fails where there is no folder; a clone has no artifacts before its first build.
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder) Directory.CreateDirectory(folder);
        foreach (var part in new[] { file, $"{file}-wal", $"{file}-shm" }) File.Delete(part);
        return file;
    }

    private static bool IsStandard(string file) => Enumerable.Range(0, ProcessesMax).Any(number => FileOf(Standard, number) == file);

    /// <summary>A schema each, in the database that the user names; named after the search path, if that names one.</summary>
    private static List<string> Schemas(string connectionString, int count)
    {
        try
        {
            var source = new NpgsqlConnectionStringBuilder(connectionString);
            var prefix = string.IsNullOrEmpty(source.SearchPath) ? SchemaStandard : source.SearchPath;
            using var connection = new NpgsqlConnection(connectionString);
            connection.Open();
            var schemas = new List<string>();
            for (var number = 0; number < count; number++)
            {
                using var command = connection.CreateCommand();
                var schema = $"{prefix}_crash_{number}";
                command.CommandText = $"DROP SCHEMA IF EXISTS \"{schema}\" CASCADE; CREATE SCHEMA \"{schema}\"";
                command.ExecuteNonQuery();
                source.SearchPath = schema;
                schemas.Add(source.ToString());
            }
            return schemas;
        }
        catch (Exception e) when (e is NpgsqlException or ArgumentException)
        {
            throw new InputException($"--journal: PostgreSQL: {e.GetBaseException().Message.ReplaceLineEndings(" ")}");
        }
    }
}
