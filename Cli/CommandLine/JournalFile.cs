using Iommu.Actors;
using Microsoft.Data.Sqlite;

namespace Iommu.Cli.CommandLine;

/// <summary>The SQLite file of a journal that the user names with --journal, before anything is done with it.</summary>
internal static class JournalFile
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int Corrupt = 11;
    private const int NoDatabase = 26;

    /// <summary>False for an empty database.</summary>
    /// <exception cref="InputException">It is another program's.</exception>
    /// <exception cref="JournalException">It is locked, or no database.</exception>
    public static bool IsJournal(string path)
    {
        Execute(path, "BEGIN IMMEDIATE; ROLLBACK");
        var tables = Execute(path,
            "SELECT group_concat(name, ', ') FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") as string;
        if (tables is null) return false;
        return tables.Split(", ").Contains("journal") ? true : throw new InputException(
            $"--journal {path}: this database is another program's (it has {tables}); name another file");
    }

    /// <exception cref="JournalException">It is locked, or no database.</exception>
    public static object? Execute(string path, string sql)
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
