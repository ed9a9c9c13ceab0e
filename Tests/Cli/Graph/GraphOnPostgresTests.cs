using Iommu.Actors;
using Iommu.Persistence.Events;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Cli.Graph;

public class GraphOnPostgresTests
{
    [StoreFact]
    public async Task A_journal_on_PostgreSQL_reads_as_one_in_a_file()
    {
        using var store = new PostgresStore();
        await JournalFile.WriteAsync(SimulatorConfig.Postgres(store.ConnectionString),
            JournalFile.Directory(new ContextOpened("guest")),
            JournalFile.Context("guest", new IoasAllocated(new(1), "iommu/ioas/guest/1.0")));

        var run = await CommandRun.OfAsync("graph", store.ConnectionString);

        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Equal("context guest: open, 1 object, 1 event\n└─ ioas 1: no areas, users 1\n", run.Output);
    }

    [StoreFact]
    public async Task A_schema_without_a_journal_is_refused_and_stays_empty()
    {
        using var store = new PostgresStore();

        // Twice: the first must not have made them.
        (await CommandRun.OfAsync("graph", store.ConnectionString)).AssertRefused("no tables 'journal' and 'snapshot'");
        (await CommandRun.OfAsync("graph", store.ConnectionString)).AssertRefused("no tables 'journal' and 'snapshot'");
    }
}
