using Iommu.Tests.Cli;
using Iommu.Tests.Cli.Graph;
using Iommu.Tests.Conformance.Persistence;
using Iommu.Tests.Persistence.Rendering;
using Iommu.Persistence.Events;

namespace Iommu.Tests.Persistence.Damage;

/// <summary>'graph --repair': which rows would be kept of a damaged journal, which not and why, and the graph that is left.</summary>
public abstract class RepairSpec(SqlStore store) : IDisposable
{
    private const string Guest = "iommu/context/guest";

    private readonly JournalDatabase _database = new(store);
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [StoreFact]
    public async Task A_whole_journal_has_nothing_to_repair()
    {
        await WriteAsync();
        var run = await RepairAsync();
        Assert.Equal(0, run.Exit);
        Assert.Contains("nothing to repair", run.Output);
        Assert.EndsWith((await CommandRun.OfAsync("graph", _database.Source)).Output, run.Output);
    }

    [StoreFact]
    public async Task A_row_that_cannot_be_read_takes_what_follows_it_with_it()
    {
        await WriteAsync();
        Damage($"UPDATE journal SET message = {_database.Bytes("{\"viommu\":")} WHERE persistence_id = '{Guest}' AND sequence_number = 5");
        var before = _database.Rows();

        var run = await RepairAsync();

        Assert.Equal(1, run.Exit);
        Assert.Contains($"stream {Guest}: 4 of 10 rows would be kept, to number 4\n    dropped journal 5, manifest '", run.Output);
        Assert.Contains("    dropped journal 6 to 10: they follow number 5, which is dropped\n", run.Output);
        Assert.Contains("viommu 4", run.Output);
        Assert.DoesNotContain("vdevice", run.Output);
        Assert.Equal(before, _database.Rows());
    }

    [StoreFact]
    public async Task Mappings_go_with_the_row_that_knows_their_ioas()
    {
        await WriteAsync();
        Damage($"DELETE FROM journal WHERE persistence_id = '{Guest}' AND sequence_number = 1");

        var run = await RepairAsync();

        Assert.Contains($"stream {Guest}: 0 of 9 rows would be kept\n"
            + "    dropped journal 2 to 10: they follow number 1, which is missing\n", run.Output);
        Assert.Contains("stream iommu/ioas/guest/2.1: 0 of 2 rows would be kept\n"
            + $"    dropped 2 rows: its IOAS is of number 2 of {Guest}, which is not kept\n", run.Output);
    }

    [StoreFact]
    public async Task A_snapshot_stands_for_what_is_damaged_before_it_and_a_damaged_one_does_not_count()
    {
        await WriteAsync();
        Damage($"UPDATE journal SET manifest = 'x.v1' WHERE persistence_id = '{Guest}' AND sequence_number = 3");
        _database.AddSnapshot(Guest, 9,
            "[{\"manifest\":\"ioas-allocated.v1\",\"event\":\"{\\\"stream\\\":\\\"iommu/ioas/guest/2.1\\\",\\\"id\\\":2}\"}]");
        _database.AddSnapshot(Guest, 10, "[{");

        var run = await RepairAsync();

        Assert.Contains($"stream {Guest}: 9 of 10 rows would be kept, to number 10; "
            + "a recovery begins with the snapshot at 9\n", run.Output);
        Assert.Contains("dropped snapshot 10, manifest 'event-list.v1'", run.Output);
        Assert.Contains("dropped journal 3, manifest 'x.v1': it is no event of this version of the journal", run.Output);
        Assert.Contains("ioas 2: 2 areas", run.Output);
    }

    [StoreFact]
    public async Task A_context_that_the_directory_has_lost_is_shown_and_streams_of_others_are_left_alone()
    {
        await WriteAsync();
        await JournalFile.WriteAsync(_database.Config, ("somebody/else", [new ContextOpened("x")]));
        Damage("UPDATE journal SET identifier = 1 WHERE persistence_id = 'iommu/contexts' AND sequence_number = 2");

        var run = await RepairAsync();

        Assert.Contains("dropped journal 2, manifest 'context-opened.v1': it was written by serializer 1; "
            + "right is serializer 7301", run.Output);
        Assert.Contains("context guest: not in the directory that would be kept", run.Output);
        Assert.Contains("stream somebody/else: not of a simulator", run.Output);
        Assert.Contains("context guest: open, 7 objects", run.Output);
    }

    [StoreFact]
    public async Task The_copy_has_what_is_kept_and_recovers_to_the_graph_that_was_shown()
    {
        await WriteAsync();
        Damage($"UPDATE journal SET message = {_database.Bytes("x")} WHERE persistence_id = '{Guest}' AND sequence_number = 8");
        var before = _database.Rows();
        var copy = _folder["repaired.db"];

        var run = await CommandRun.OfAsync("graph", _database.Source, "--repair", "--write", copy);
        var again = await CommandRun.OfAsync("graph", copy);

        Assert.Equal((1, 0), (run.Exit, again.Exit));
        Assert.EndsWith(again.Output, run.Output);
        Assert.Equal(before, _database.Rows());
        Assert.Contains("nothing to repair", (await CommandRun.OfAsync("graph", copy, "--repair")).Output);
        (await CommandRun.OfAsync("graph", _database.Source, "--repair", "--write", copy)).AssertRefused(copy, "exists");
    }

    private Task<CommandRun> RepairAsync() => CommandRun.OfAsync("graph", _database.Source, "--repair");

    private void Damage(string sql) => _database.Execute(sql);

    private Task WriteAsync() => JournalFile.WriteAsync(_database.Config,
        JournalFile.Directory(new ContextOpened("old"), new ContextOpened("guest"), new ContextClosed("old")),
        JournalFile.Context("guest", SampleContext.Events),
        ("iommu/ioas/guest/2.1", SampleContext.Mappings),
        JournalFile.Context("old", new IoasAllocated(new(1), "iommu/ioas/old/1.0"), new ObjectDestroyed(new(1))));
}
