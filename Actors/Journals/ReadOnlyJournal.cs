using System.Data.Common;
using System.Globalization;
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
    public static Config Open(string source)
    {
        Connect(source).Dispose();
        return With(IsPostgres(source)
            ? SimulatorConfig.Postgres(Postgres(source).ToString()) : SimulatorConfig.WithSql("SQLite.MS", Sqlite(source).ToString()));
    }

    /// <summary>Whether a journal's name is a connection string and not a file.</summary>
    public static bool IsPostgres(string source) =>
        source.StartsWith("Host=", StringComparison.OrdinalIgnoreCase) || source.Contains(";Host=", StringComparison.OrdinalIgnoreCase);

    /// <summary>A connection to the database of a journal, which refuses to write.</summary>
    /// <param name="source">A SQLite file, or a PostgreSQL connection string.</param>
    /// <exception cref="JournalException">There is nothing, or no journal, or it is locked.</exception>
    internal static DbConnection Connect(string source) => IsPostgres(source) ? ConnectPostgres(source) : ConnectSqlite(source);

    private static SqliteConnection ConnectSqlite(string path)
    {
        if (Directory.Exists(path)) throw new JournalException($"{path}: this is a directory; name the journal's SQLite file in it");
        if (!File.Exists(path)) throw new JournalException($"{path}: there is no such file; a journal is what a run wrote with --journal");
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder(Sqlite(path).ToString()) { DefaultTimeout = 1, Pooling = false }.ToString());
        try
        {
            return (SqliteConnection)Checked(connection, path,
                "SELECT count(*) = 2 FROM sqlite_master WHERE type = 'table' AND name IN ('journal', 'snapshot')");
        }
        catch (SqliteException e)
        {
            throw new JournalException($"{path}: {SimulatorConfig.Explain(e)}", e);
        }
    }

    private static NpgsqlConnection ConnectPostgres(string connectionString)
    {
        var source = Postgres(connectionString);
        // Never the whole string: it may hold a password.
        var name = $"PostgreSQL {source.Host}:{source.Port}/{source.Database}";
        try
        {
            return (NpgsqlConnection)Checked(new NpgsqlConnection(source.ToString()), name,
                "SELECT to_regclass('journal') IS NOT NULL AND to_regclass('snapshot') IS NOT NULL");
        }
        catch (NpgsqlException e)
        {
            throw new JournalException($"{name}: {e.GetBaseException().Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Opens a connection, and closes it again when there is no journal.</summary>
    private static DbConnection Checked(DbConnection connection, string name, string hasTables)
    {
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = hasTables;
            return Convert.ToBoolean(command.ExecuteScalar(), CultureInfo.InvariantCulture) ? connection
                : throw new JournalException($"{name}: {NotOurs}");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static SqliteConnectionStringBuilder Sqlite(string path) => new() { DataSource = path, Mode = SqliteOpenMode.ReadOnly };

    private static NpgsqlConnectionStringBuilder Postgres(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString) { Options = "-c default_transaction_read_only=on" };
        }
        catch (ArgumentException e)
        {
            throw new JournalException($"this is no connection string of PostgreSQL: {e.Message}", e);
        }
    }

    private static Config With(Config journal) => ConfigurationFactory.ParseString(Settings).WithFallback(journal);
}
