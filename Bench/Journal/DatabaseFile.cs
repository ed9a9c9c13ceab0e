using Akka.Configuration;
using Microsoft.Data.Sqlite;

namespace Iommu.Bench.Journal;

/// <summary>A SQLite file on disk in WAL mode, where a commit waits for the disk (synchronous=FULL, SQLite's default).</summary>
internal sealed class DatabaseFile : IDisposable
{

    public DatabaseFile()
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL";
        command.ExecuteNonQuery();
    }

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"iommu-bench-{Guid.NewGuid():N}.db");

    public Config Configuration => ConfigurationFactory.ParseString(
        $$"""
        akka {
          loglevel = OFF, stdout-loglevel = OFF
          actor {
            serializers.mapped = "Iommu.Bench.Journal.MappedEventSerializer, {{typeof(MappedEvent).Assembly.GetName().Name}}"
            serialization-bindings { "Iommu.Bench.Journal.MappedEvent, {{typeof(MappedEvent).Assembly.GetName().Name}}" = mapped }
          }
          persistence {
            journal {
              plugin = "akka.persistence.journal.sql"
              sql {
                class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
                connection-string = "Data Source={{Path}}"
                provider-name = "SQLite.MS"
              }
            }
            snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
          }
        }
        """);

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Path}");
        connection.Open();
        return connection;
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        foreach (var suffix in new[] { "", "-wal", "-shm" }) File.Delete(Path + suffix);
    }
}
