using Iommu.Actors;
using Iommu.Messages;
using Iommu.Persistence.Serialization;
using Iommu.Persistence.Streams;
using Iommu.Tests.Actors;
using Iommu.Tests.Cli;
using Iommu.Tests.Persistence.Serialization;
using Iommu.Tests.TestKit;
using Microsoft.Data.Sqlite;

namespace Iommu.Tests.Persistence.Frozen;

/// <summary>Journals of earlier builds recover to what they were, through the plugin and the actors that read them today.</summary>
public sealed class FrozenJournalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Db => _folder["frozen.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_journal_of_the_first_version_recovers_to_the_graph_that_it_was_written_with()
    {
        Execute(Frozen("first-version.sql"));

        var run = await CommandRun.OfAsync("graph", Db);

        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Equal(Frozen("first-version.graph.txt"), run.Output);
        Assert.Contains("nothing to repair", (await CommandRun.OfAsync("graph", Db, "--repair")).Output);
    }

    [Fact]
    public async Task A_context_of_the_first_version_is_opened_and_goes_on()
    {
        Execute(Frozen("first-version.sql"));
        await using (var iommu = await new SimulatorHarness(SimulatorConfig.Sqlite(Db)).OpenAsync("guest"))
        {
            // As the build that wrote it described it, in the words of today.
            Assert.Contains("1=Device(6) 2=Ioas() 3=HwptPaging(2) 4=Viommu(3) 5=Vdevice(4,1) 6=HwptNested(4) 7=Device(10) 9=Ioas() "
                + "10=HwptPaging(9); taken 10; counts 10:2/1 1:3/2 2:2/1 3:2/1 4:3/1 5:1/1 6:2/1 7:2/1 9:2/1; live 4; pins 5",
                await iommu.State());
            await iommu.Expect(Errno.EEXIST, SimulatorHarness.Fixed(new ObjectId(2), 0x12000));
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(new ObjectId(2), 0x40000));
            await iommu.Expect(Errno.None, new DeviceDetach(new ObjectId(1)));
        }
        await using var again = await new SimulatorHarness(SimulatorConfig.Sqlite(Db)).OpenAsync("guest");
        await again.Expect(Errno.EEXIST, SimulatorHarness.Fixed(new ObjectId(2), 0x40000));
        Assert.Equal(0UL, (await again.Context.CloseAsync()).Value);
    }

    [Fact]
    public async Task Every_version_of_every_event_is_recovered_and_folds_to_the_graph_that_is_stated()
    {
        Execute(Tables);
        foreach (var manifest in FrozenEvents.Manifests.Where(manifest => manifest != EventList.Manifest)) Insert(manifest);

        var run = await CommandRun.OfAsync("graph", Db);

        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Equal(Frozen("events.graph.txt"), run.Output);
    }

    [Fact]
    public async Task A_snapshot_of_the_first_version_is_recovered()
    {
        Execute(Tables);
        Execute($"INSERT INTO snapshot VALUES ('iommu/context/guest', 2, 1, {Blob(EventList.Manifest)}, '{EventList.Manifest}', 7301)");

        await using (var iommu = await new SimulatorHarness(SimulatorConfig.Sqlite(Db)).OpenAsync("guest"))
            Assert.Equal(new ObjectId(1), await iommu.Ioas());

        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sequence_number FROM journal WHERE persistence_id = 'iommu/context/guest'";
        // The next number behind the snapshot's.
        Assert.Equal(3L, command.ExecuteScalar());
    }

    private static string Tables => Frozen("first-version.sql").Split("INSERT")[0];

    private static string Frozen(string name) => File.ReadAllText(TestData.Find($"Journals/{name}")).ReplaceLineEndings("\n");

    private static string Blob(string manifest) => $"CAST('{FrozenEvents.Json(manifest).Replace("'", "''")}' AS BLOB)";

    private void Insert(string manifest)
    {
        var type = EventManifests.Find(manifest)!;
        var stream = StreamKind.Context.Events.IsAssignableFrom(type) ? "iommu/context/guest é"
            : StreamKind.Ioas.Events.IsAssignableFrom(type) ? "iommu/ioas/guest/2.1" : "iommu/contexts";
        Execute("INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) "
            + $"SELECT 1, 0, '{stream}', count(*) + 1, {Blob(manifest)}, '{manifest}', 7301, 'w' FROM journal "
            + $"WHERE persistence_id = '{stream}'");
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Db, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private void Execute(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
