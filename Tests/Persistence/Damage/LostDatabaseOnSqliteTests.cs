using Akka.Configuration;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Tests.Actors;
using Iommu.Tests.Conformance.Persistence;
using Microsoft.Data.Sqlite;

namespace Iommu.Tests.Persistence.Damage;

/// <summary>SQLite: a full disk, a file that can only be read, a lock of somebody else.</summary>
public sealed class LostDatabaseOnSqliteTests : LostDatabaseSpec, IDisposable
{
    private readonly SqliteStore _store = new();
    private readonly Config _config;

    public LostDatabaseOnSqliteTests() => _config = JournalIn(_store);

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_file_that_can_only_be_read_is_read_and_nothing_is_acknowledged_of_it()
    {
        string before;
        await using (var iommu = await new SimulatorHarness(_config).OpenAsync())
        {
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(await iommu.Ioas(), 0x1000));
            before = await iommu.State();
        }
        var readOnly = ConfigurationFactory.ParseString("akka.persistence.journal.sql.auto-initialize = off")
            .WithFallback(SimulatorConfig.WithSql("SQLite.MS", $"{_store.ConnectionString};Mode=ReadOnly"));
        await using (var iommu = await new SimulatorHarness(readOnly).OpenAsync())
        {
            Assert.Equal(before, await iommu.State());
            var failed = JournalFailureTests.Ended(iommu);
            await iommu.Expect(Errno.EIO, SimulatorHarness.Fixed(new ObjectId(1), 0x2000));
            Assert.Contains("readonly", (await failed).Cause.Message);
            var e = await Assert.ThrowsAsync<JournalException>(() => iommu.OpenAsync("new"));
            Assert.Contains("readonly", e.Message);
        }
        await using var again = await new SimulatorHarness(_config).OpenAsync();
        Assert.Equal(before, await again.State());
    }

    [Fact]
    public async Task A_lock_that_somebody_else_holds()
    {
        using var other = new SqliteConnection(_store.ConnectionString + ";Pooling=False");
        other.Open();
        await FailsAndResumes(_config, () => Execute("BEGIN IMMEDIATE"), () => Execute("ROLLBACK"), "locked");

        Task Execute(string sql)
        {
            using var command = other.CreateCommand();
            // The lock is to be had between two writes of callers that write all the while.
            command.CommandTimeout = 60;
            command.CommandText = sql;
            command.ExecuteNonQuery();
            return Task.CompletedTask;
        }
    }

    [TmpfsFact]
    public async Task A_file_system_without_space_is_a_full_disk()
    {
        using var small = new Tmpfs("512k");
        await FailsAndResumes(SimulatorConfig.Sqlite(small.File("journal.db")),
            () => Task.CompletedTask, () => Task.Run(() => small.Resize("64m")), reason: null);
    }
}
