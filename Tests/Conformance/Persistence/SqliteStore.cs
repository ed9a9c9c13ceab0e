using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Iommu.Tests.Conformance.Persistence;

public sealed class SqliteStore : SqlStore
{
    private readonly string _file;

    public SqliteStore() : this(Path.Combine(Path.GetTempPath(), $"iommu-{Guid.NewGuid():N}.db"))
    {
    }

    // A second is long for a lock that nobody gives back.
    private SqliteStore(string file) : base("SQLite.MS", $"Data Source={file};Default Timeout=1") => _file = file;

    public override DbConnection Open()
    {
        var connection = new SqliteConnection(ConnectionString);
        connection.Open();
        return connection;
    }

    public override void Dispose()
    {
        using (var connection = new SqliteConnection(ConnectionString)) SqliteConnection.ClearPool(connection);
        foreach (var suffix in new[] { "", "-wal", "-shm", "-journal" }) File.Delete(_file + suffix);
    }
}
