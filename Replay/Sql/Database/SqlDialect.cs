using Akka.Configuration;

namespace Akka.Persistence.Sql.Database;

internal static class SqlDialect
{
    private static readonly ISqlDialect Sqlite = new SqliteDialect();
    private static readonly ISqlDialect Postgres = new PostgresDialect();

    /// <summary>By the names that Akka.Persistence.Sql takes from linq2db, as far as there is a dialect for them.</summary>
    public static ISqlDialect Named(string? providerName) => providerName switch
    {
        "SQLite.MS" => Sqlite,
        not null when providerName.StartsWith("PostgreSQL", StringComparison.Ordinal) => Postgres,
        _ => throw new ConfigurationException($"provider-name is '{providerName}', expected SQLite.MS or PostgreSQL.15."),
    };
}
