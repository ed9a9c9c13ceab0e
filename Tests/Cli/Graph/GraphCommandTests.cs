using Iommu.Persistence.Events;
using Iommu.Tests.Persistence.Rendering;
using Microsoft.Data.Sqlite;

namespace Iommu.Tests.Cli.Graph;

public sealed class GraphCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Db => _folder["journal.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_journal_reads_as_the_tree_that_it_folds_to()
    {
        await WriteSampleAsync();

        var run = await CommandRun.OfAsync("graph", Db);

        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Equal(
            """
            context guest: open, 7 objects, 10 events
            ├─ ioas 2: 2 areas, 32772 KiB, users 2
            │  │ 0x40000000..0x41ffffff rw at 0x7f0000000000 (32 MiB)
            │  │ 0x90000000..0x90000fff r- at 0x7f1000000000 (4 KiB)
            │  └─ hwpt-paging 3: nest parent, for 0000:00:05.0, users 2
            │     └─ viommu 4: smmuv3, on 0000:00:05.0, users 3
            │        ├─ hwpt-nested 5: smmuv3, ste 0xd 0x2, users 2
            │        │  └─ device 1: 0000:00:05.0, attached to 5, users 3
            │        └─ vdevice 6: device 1, virtual id 0x10, users 1
            └─ device 7: a "quoted" <name>, not attached, users 2
            tombstones: 8
            context old: closed, 1 object before its close, 2 events
            └─ ioas 1: no areas, users 1

            """, run.Output);
    }

    [Fact]
    public async Task One_context_can_be_asked_for()
    {
        await WriteSampleAsync();

        var run = await CommandRun.OfAsync("graph", Db, "--context", "old");

        Assert.Equal("context old: closed, 1 object before its close, 2 events\n└─ ioas 1: no areas, users 1\n", run.Output);
    }

    [Fact]
    public async Task Dot_has_a_cluster_for_each_context()
    {
        await WriteSampleAsync();

        var run = await CommandRun.OfAsync("graph", Db, "--dot");

        Assert.Equal(0, run.Exit);
        Assert.StartsWith("digraph iommu {\n", run.Output);
        Assert.Contains("    c0_6 -> c0_4;\n", run.Output);
        Assert.Contains("  subgraph cluster_1 {\n    label=\"context old: closed, ", run.Output);
    }

    [Fact]
    public async Task A_page_with_a_drawing_needs_no_other_file()
    {
        await WriteSampleAsync();

        var run = await CommandRun.OfAsync("graph", Db, "--html", _folder["graph.html"]);

        Assert.Equal((0, ""), (run.Exit, run.Output));
        var page = Html.Page.Read(_folder["graph.html"]);
        Assert.Equal(8, page.Descendants().Count(e => e.Name.LocalName == "rect" && (string?)e.Attribute("class") == "box"));
        Assert.Contains("a \"quoted\" <name>", page.Value);
    }

    [Fact]
    public async Task Reading_leaves_the_journal_as_it_was()
    {
        await WriteSampleAsync();
        SqliteConnection.ClearAllPools();
        var before = File.ReadAllBytes(Db);

        await CommandRun.OfAsync("graph", Db);

        Assert.Equal(before, File.ReadAllBytes(Db));
    }

    [Fact]
    public async Task A_journal_that_a_run_is_writing_can_be_read()
    {
        await WriteSampleAsync();
        using var writer = Connect();
        Execute(writer, "BEGIN IMMEDIATE");

        var run = await CommandRun.OfAsync("graph", Db);

        Assert.Equal(0, run.Exit);
        Execute(writer, "ROLLBACK");
    }

    [Fact]
    public async Task A_missing_file_is_refused()
    {
        (await CommandRun.OfAsync("graph", _folder["no.db"])).AssertRefused(_folder["no.db"], "no such file");

        Assert.False(File.Exists(_folder["no.db"]));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        File.WriteAllText(Db, new string('x', 5000));

        (await CommandRun.OfAsync("graph", Db)).AssertRefused(Db, "no SQLite database");

        Assert.Equal(new string('x', 5000), File.ReadAllText(Db));
    }

    [Fact]
    public async Task A_database_without_a_journal_is_refused()
    {
        using (var other = Connect()) Execute(other, "CREATE TABLE birds(name)");

        (await CommandRun.OfAsync("graph", Db)).AssertRefused(Db, "no tables 'journal' and 'snapshot'");
    }

    [Fact]
    public async Task A_locked_journal_is_refused()
    {
        await WriteSampleAsync();
        SqliteConnection.ClearAllPools();
        using var owner = Connect();
        Execute(owner, "PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE");

        (await CommandRun.OfAsync("graph", Db)).AssertRefused(Db, "locked by another process");
    }

    [Fact]
    public async Task A_journal_in_which_no_context_was_opened_is_refused()
    {
        await JournalFile.WriteAsync(Db, ("somebody/else", [new ContextOpened("x")]));

        (await CommandRun.OfAsync("graph", Db)).AssertRefused(Db, "no context was ever opened");
    }

    [Fact]
    public async Task A_context_that_the_journal_does_not_know_is_refused_with_those_it_knows()
    {
        await WriteSampleAsync();

        (await CommandRun.OfAsync("graph", Db, "--context", "x")).AssertRefused("no context 'x'", "old, guest");
    }

    [Theory]
    [InlineData("UPDATE journal SET manifest = 'ioas-allocated.v9' WHERE persistence_id = 'iommu/context/guest' AND sequence_number = 2",
        "iommu/context/guest", "ioas-allocated.v9")]
    [InlineData("UPDATE journal SET identifier = 4711 WHERE persistence_id = 'iommu/contexts'", "iommu/contexts", "4711")]
    [InlineData("UPDATE journal SET message = x'7b' WHERE persistence_id = 'iommu/ioas/guest/2.1'",
        "iommu/ioas/guest/2.1", "area-mapped.v3")]
    [InlineData("UPDATE journal SET manifest = 'context-opened.v1', message = CAST('{\"name\":\"x\"}' AS BLOB) "
        + "WHERE persistence_id = 'iommu/context/guest' AND sequence_number = 2", "iommu/context/guest", "ContextOpened")]
    public async Task A_row_that_is_not_ours_is_refused_by_stream_and_cause(string damage, string stream, string cause)
    {
        await WriteSampleAsync();
        using (var other = Connect()) Execute(other, damage);

        (await CommandRun.OfAsync("graph", Db)).AssertRefused(Db, stream, cause);
    }

    [Fact]
    public async Task A_database_server_that_does_not_answer_is_refused_without_its_password() =>
        (await CommandRun.OfAsync("graph", "Host=127.0.0.1;Port=1;Username=u;Password=secret;Database=d"))
            .AssertRefused("PostgreSQL 127.0.0.1:1/d");

    [Fact]
    public async Task A_connection_string_that_is_none_is_refused() =>
        (await CommandRun.OfAsync("graph", "Host=127.0.0.1;Color=red")).AssertRefused("no connection string", "color");

    private Task WriteSampleAsync() => JournalFile.WriteAsync(Db,
        JournalFile.Directory(new ContextOpened("old"), new ContextOpened("guest"), new ContextClosed("old")),
        JournalFile.Context("guest", SampleContext.Events),
        ("iommu/ioas/guest/2.1", SampleContext.Mappings),
        JournalFile.Context("old", new IoasAllocated(new(1), "iommu/ioas/old/1.0"), new ObjectDestroyed(new(1))));

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Db, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
