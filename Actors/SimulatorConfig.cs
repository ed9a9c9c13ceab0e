using Akka.Actor;
using Akka.Configuration;
using Iommu.Persistence.Streams;
using Microsoft.Data.Sqlite;

namespace Iommu.Actors;

/// <summary>The configuration that a simulator's actor system is made with: Akka.conf, and over it what a run chooses.</summary>
public static class SimulatorConfig
{
    /// <summary>Akka.conf as it is in the repository.</summary>
    public static Config Defaults { get; } = ReadEmbedded();

    /// <summary>How long a caller waits for an answer.</summary>
    internal static TimeSpan CallPatience(ActorSystem system) =>
        system.Settings.Config.GetTimeSpan("iommu.call-patience", TimeSpan.FromSeconds(60));

    /// <summary>How often in a minute a context that fails is brought back.</summary>
    internal static int Restarts(ActorSystem system) => system.Settings.Config.GetInt("iommu.contexts.restarts", 0);

    /// <summary>A journal in a SQLite file, made ready for group commit. The file is created when it does not exist.</summary>
    /// <exception cref="JournalException">The file cannot be opened, is locked by another process, or is no database.</exception>
    public static Config Sqlite(string path)
    {
        PrepareSqlite(path);
        var connection = new SqliteConnectionStringBuilder { DataSource = path }.ToString();
        return WithSql("SQLite.MS", connection);
    }

    /// <summary>A journal in PostgreSQL, by an Npgsql connection string.</summary>
    public static Config Postgres(string connectionString) => WithSql("PostgreSQL.15", connectionString);

    /// <summary>No journal: nothing is kept, and a context that fails cannot be brought back.</summary>
    public static Config None { get; } = ConfigurationFactory.ParseString("""
        akka.persistence.journal.plugin = "akka.persistence.journal.discard"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.discard"
        iommu.contexts.restarts = 0
        """).WithFallback(Defaults);

    internal static Config WithSql(string provider, string connection) => ConfigurationFactory.ParseString($$"""
        akka.persistence.journal.sql.provider-name = {{Quote(provider)}}
        akka.persistence.journal.sql.connection-string = {{Quote(connection)}}
        akka.persistence.snapshot-store.sql.provider-name = {{Quote(provider)}}
        akka.persistence.snapshot-store.sql.connection-string = {{Quote(connection)}}
        """).WithFallback(Defaults);

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    /// <summary>
    /// A write-ahead log lets readers go on while a batch is written, and its commit is one flush instead of two. The mode is a
    /// property of the file, so that it is set once here, and a file that cannot be written is found before anything starts.
    /// </summary>
    private static void PrepareSqlite(string path)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 1, Pooling = false }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; PRAGMA quick_check(1); ROLLBACK;";
            command.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            throw new JournalException($"{path}: {Explain(e)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalException($"{path}: {e.Message}", e);
        }
    }

    internal static string Explain(SqliteException e) => e.SqliteErrorCode switch
    {
        5 or 6 => "the journal is locked by another process; end that one or name another file",
        8 => "the journal is read-only; a run must be able to write it",
        11 or 26 => "this is no SQLite database, or a damaged one; name another file, nothing was changed",
        14 => "the journal cannot be opened or created there",
        _ => e.Message,
    };

    private static Config ReadEmbedded()
    {
        using var stream = typeof(SimulatorConfig).Assembly.GetManifestResourceStream("Akka.conf")!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}

/// <summary>A journal that cannot be used, in one line: which, why, and what would be right.</summary>
public sealed class JournalException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The row that is not as it should be; null when it is no row that is wrong.</summary>
    public RowFault? Row { get; init; }
}
