using System.Globalization;
using Akka.Actor;
using Iommu.Persistence.Streams;
using Microsoft.Data.Sqlite;

namespace Iommu.Actors.Journals;

/// <summary>Writes what can be kept of a journal to a SQLite file of its own. The journal stays as it is.</summary>
public static class RepairedCopy
{
    private static readonly string[] EventColumns =
        ["ordering", "created", "deleted", "persistence_id", "sequence_number", "message", "manifest", "identifier", "writer_uuid"];
    private static readonly string[] SnapshotColumns =
        ["persistence_id", "sequence_number", "created", "snapshot", "manifest", "serializer_id"];

    /// <param name="source">A SQLite file, or a PostgreSQL connection string.</param>
    /// <param name="plan">What is kept of it.</param>
    /// <param name="file">The file to make; it must not exist.</param>
    /// <exception cref="JournalException">One of them cannot be read or written; or what was written cannot be recovered.</exception>
    public static async Task WriteAsync(string source, JournalPlan plan, string file)
    {
        if (File.Exists(file)) throw new JournalException($"{file}: this file exists; a repaired copy is a file of its own, name another");
        var system = ActorSystem.Create("repaired-copy", SimulatorConfig.Sqlite(file));
        try
        {
            // The plugin itself makes its tables when it is first used.
            await JournalReader.ReadAsync(system);
            using (var tables = JournalTables.Open(source)) JournalTables.Guard(() => Copy(tables, plan, file));
            await JournalReader.ReadAsync(system);
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static long Copy(JournalTables tables, JournalPlan plan, string file)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        using var transaction = connection.BeginTransaction();
        var rows = 0L;
        foreach (var stream in plan.Streams)
        {
            rows += Copy(RowFault.Journal, EventColumns);
            rows += Copy(RowFault.Snapshot, SnapshotColumns);

            long Copy(string table, string[] columns)
            {
                var number = Array.IndexOf(columns, "sequence_number");
                using var insert = connection.CreateCommand();
                insert.CommandText = $"INSERT INTO {table} ({string.Join(", ", columns)}) "
                    + $"VALUES ({string.Join(", ", columns.Select(column => $"@{column}"))})";
                insert.Transaction = transaction;
                foreach (var column in columns) insert.Parameters.AddWithValue($"@{column}", null);
                var count = 0L;
                foreach (var values in tables.Whole(table, columns, stream.Stream))
                {
                    if (!stream.Keeps(table, Convert.ToInt64(values[number], CultureInfo.InvariantCulture))) continue;
                    for (var i = 0; i < values.Length; i++) insert.Parameters[i].Value = values[i];
                    insert.ExecuteNonQuery();
                    count++;
                }
                return count;
            }
        }
        transaction.Commit();
        return rows;
    }
}
