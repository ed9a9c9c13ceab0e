using Akka.Configuration;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Iommu.Actors.Journals;

/// <summary>
/// The configuration of a system that only reads a journal: it makes no tables, and the database refuses its writes. That the
/// journal is one is checked before, so that what is wrong is said in the user's terms.
/// </summary>
public static class ReadOnlyJournal
{
    private const string NotOurs = "there is no journal in this database: it has no tables 'journal' and 'snapshot'";

    // What cannot be read is reported to whoever asked, in one line; the runtime's own account of it would come on top.
    private const string Settings = """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.persistence.journal.sql.auto-initialize = off
        akka.persistence.snapshot-store.sql.auto-initialize = off
        """;

    /// <param name="source">A SQLite file, or the connection string of a PostgreSQL database (<c>Host=...</c>).</param>
    /// <exception cref="JournalException">There is nothing, or no journal, or it is locked.</exception>
    public static Config Open(string source) => IsPostgres(source) ? OpenPostgres(source) : OpenSqlite(source);

    /// <summary>Whether a journal's name is a connection string and not a file.</summary>
    public static bool IsPostgres(string source) =>
        source.StartsWith("Host=", StringComparison.OrdinalIgnoreCase) || source.Contains(";Host=", StringComparison.OrdinalIgnoreCase);

    private static Config OpenSqlite(string path)
    {
        if (Directory.Exists(path)) throw new JournalException($"{path}: this is a directory; name the journal's SQLite file in it");
        if (!File.Exists(path)) throw new JournalException($"{path}: there is no such file; a journal is what a run wrote with --journal");
        var source = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly };
        try
        {
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder(source.ToString()) { DefaultTimeout = 1, Pooling = false }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('journal', 'snapshot')";
            if ((long)command.ExecuteScalar()! != 2) throw new JournalException($"{path}: {NotOurs}");
        }
        catch (SqliteException e)
        {
            throw new JournalException($"{path}: {SimulatorConfig.Explain(e)}", e);
        }
        return With(SimulatorConfig.WithSql("SQLite.MS", source.ToString()));
    }

    private static Config OpenPostgres(string connectionString)
    {
        var source = Parse(connectionString);
        // Never the whole string: it may hold a password.
        var name = $"PostgreSQL {source.Host}:{source.Port}/{source.Database}";
        source.Options = "-c default_transaction_read_only=on";
        try
        {
            using var connection = new NpgsqlConnection(source.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT to_regclass('journal') IS NOT NULL AND to_regclass('snapshot') IS NOT NULL";
            if (!(bool)command.ExecuteScalar()!) throw new JournalException($"{name}: {NotOurs}");
        }
        catch (NpgsqlException e)
        {
            throw new JournalException($"{name}: {e.GetBaseException().Message.ReplaceLineEndings(" ")}", e);
        }
        return With(SimulatorConfig.Postgres(source.ToString()));
    }

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException e)
        {
            throw new JournalException($"this is no connection string of PostgreSQL: {e.Message}", e);
        }
    }

    private static Config With(Config journal) => ConfigurationFactory.ParseString(Settings).WithFallback(journal);
}
