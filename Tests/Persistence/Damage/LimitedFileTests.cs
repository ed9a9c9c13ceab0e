using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Persistence.Damage;

/// <summary>
/// SQLite's own limit of a file's length, which needs no file system of the test's own. It is a setting of each connection, so that nothing
/// else may run that could empty the pools of the process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class LimitedFileTests : LostDatabaseSpec, IDisposable
{
    /// <summary>More than a simulator has open at a time.</summary>
    private const int Connections = 16;

    private readonly SqliteStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_file_that_may_not_grow_is_a_full_disk()
    {
        var journal = JournalIn(_store);
        Limit(40);
        await FailsAndResumes(journal, () => Task.CompletedTask, () => Task.Run(() => Limit(1_000_000)), "full");
    }

    /// <summary>What is set for a connection holds for whoever gets it from the pool: it is set for all that there are.</summary>
    private void Limit(int pages)
    {
        var connections = Enumerable.Range(0, Connections).Select(_ => _store.Open()).ToList();
        foreach (var connection in connections)
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA max_page_count = {pages}";
            command.ExecuteNonQuery();
        }
        foreach (var connection in connections) connection.Dispose();
    }
}
