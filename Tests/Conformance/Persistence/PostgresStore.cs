using System.Data.Common;
using Npgsql;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>A schema of its own in the database that the environment variable IOMMU_POSTGRES names by connection string.</summary>
public sealed class PostgresStore : SqlStore
{
    public const string Variable = "IOMMU_POSTGRES";

    private readonly string _schema;

    public PostgresStore() : this("iommu_" + Guid.NewGuid().ToString("N"))
    {
    }

    private PostgresStore(string schema) : base("PostgreSQL.15", $"{Server};Search Path={schema}")
    {
        _schema = schema;
        Execute($"CREATE SCHEMA {schema}");
    }

    private static string Server => Environment.GetEnvironmentVariable(Variable)!.TrimEnd(';');

    public override DbConnection Open()
    {
        var connection = new NpgsqlConnection(ConnectionString);
        connection.Open();
        return connection;
    }

    public override void Dispose()
    {
        Execute($"DROP SCHEMA {_schema} CASCADE");
        using var connection = new NpgsqlConnection(ConnectionString);
        NpgsqlConnection.ClearPool(connection);
    }
}
