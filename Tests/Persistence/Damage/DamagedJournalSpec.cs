using Iommu.Actors;
using Iommu.Messages;
using Iommu.Persistence.Streams;
using Iommu.Tests.Actors;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Persistence.Damage;

/// <summary>A row that is not as a simulator wrote it ends the recovery, and is named: nothing is passed over or changed.</summary>
public abstract class DamagedJournalSpec(SqlStore store) : IDisposable
{
    private const string Context = "persistence_id = 'iommu/context/test'";
    private const string Ioas = "persistence_id = 'iommu/ioas/test/2.1'";
    private const string Directory = "persistence_id = 'iommu/contexts'";

    private readonly JournalDatabase _database = new(store);

    public void Dispose() => _database.Dispose();

    [StoreFact]
    public Task Bytes_that_are_cut_off_are_named() => Refuses(
        $"UPDATE journal SET message = {_database.Bytes("{\"stream\":\"iommu/ioas/test/2.1\",")} WHERE {Context} AND sequence_number = 2",
        "iommu/context/test", 2, "ioas-allocated.v1", "cannot be read");

    [StoreFact]
    public Task Bytes_that_lack_a_field_are_named() => Refuses(
        $"UPDATE journal SET message = {_database.Bytes("{\"id\":2}")} WHERE {Context} AND sequence_number = 2",
        "iommu/context/test", 2, "ioas-allocated.v1", "stream");

    [StoreFact]
    public Task An_event_of_a_later_version_is_named_with_the_versions_that_can_be_read() => Refuses(
        $"UPDATE journal SET manifest = 'hwpt-paging-allocated.v9' WHERE {Context} AND sequence_number = 3",
        "iommu/context/test", 3, "hwpt-paging-allocated.v9", "hwpt-paging-allocated.v2");

    [StoreFact]
    public Task An_event_of_another_stream_is_named() => Refuses(
        $"UPDATE journal SET manifest = 'context-opened.v1', message = {_database.Bytes("{\"name\":\"x\"}")} "
        + $"WHERE {Context} AND sequence_number = 3",
        "iommu/context/test", 3, "context-opened.v1", "no event of a context");

    [StoreFact]
    public Task A_row_of_another_serializer_is_named() => Refuses(
        $"UPDATE journal SET identifier = 4711 WHERE {Context} AND sequence_number = 3", "iommu/context/test", 3, null, "4711");

    [StoreFact]
    public Task A_row_that_is_gone_is_named() => Refuses(
        $"DELETE FROM journal WHERE {Context} AND sequence_number = 2", "iommu/context/test", 2, null, "it is missing");

    [StoreFact]
    public Task Rows_that_are_marked_as_deleted_are_named() => Refuses(
        $"UPDATE journal SET deleted = {(store is SqliteStore ? "1" : "true")} WHERE {Context} AND sequence_number >= 3",
        "iommu/context/test", 3, null, "missing");

    [StoreFact]
    public Task An_area_that_cannot_be_read_is_named() => Refuses(
        $"UPDATE journal SET message = {_database.Bytes("nothing")} WHERE {Ioas} AND sequence_number = 2",
        "iommu/ioas/test/2.1", 2, "area-mapped.v3", "object 2 has lost its journal");

    [StoreFact]
    public Task An_area_that_is_gone_is_named() => Refuses(
        $"DELETE FROM journal WHERE {Ioas} AND sequence_number = 1", "iommu/ioas/test/2.1", 1, null, "it is missing");

    [StoreFact]
    public Task A_directory_that_cannot_be_read_is_named() => Refuses(
        $"UPDATE journal SET manifest = 'context-opened.v7' WHERE {Directory}",
        "iommu/contexts", 1, "context-opened.v7", "context test cannot be opened");

    [StoreFact]
    public async Task What_a_writer_wrote_after_another_had_taken_over_is_refused()
    {
        await WriteAsync();
        _database.Execute($"UPDATE journal SET writer_uuid = 'somebody' WHERE {Context} AND sequence_number = 2");
        var e = await RefusedAsync();
        Assert.Contains("iommu/context/test", e.Message);
        Assert.Contains("writer", e.Message);
    }

    [StoreFact]
    public async Task A_snapshot_that_cannot_be_read_is_named_whatever_the_rows_before_it_say()
    {
        await WriteAsync();
        const string Foreign = "[{\"manifest\":\"x.v1\",\"event\":\"{}\"}]";
        foreach (var (manifest, json) in new[] { ("event-list.v1", "[{"), ("event-list.v1", Foreign), ("else.v1", "{}") })
        {
            _database.Execute("DELETE FROM snapshot");
            _database.AddSnapshot("iommu/context/test", 2, json, manifest);
            var e = await RefusedAsync();
            Assert.Contains("iommu/context/test", e.Message);
            Assert.Contains(manifest, e.Message);
        }
    }

    [StoreFact]
    public async Task A_snapshot_of_another_stream_is_named()
    {
        await WriteAsync();
        _database.AddSnapshot("iommu/context/test", 2, "[{\"manifest\":\"area-cut.v1\",\"event\":\"{\\\"last\\\":1}\"}]");
        var e = await RefusedAsync();
        Assert.Equal((RowFault.Snapshot, 2L), (e.Row!.Table, e.Row.SequenceNr!.Value));
        Assert.Contains("AreaCut, which is no event of a context", e.Message);
    }

    [StoreFact]
    public async Task The_other_contexts_of_the_journal_can_be_opened()
    {
        await WriteAsync();
        _database.Execute(
            $"UPDATE journal SET identifier = 1, message = {_database.Bytes("\"x\"")} WHERE {Context} AND sequence_number = 2");
        await using var iommu = new SimulatorHarness(_database.Config);
        await Assert.ThrowsAsync<JournalException>(() => iommu.OpenAsync());
        Assert.Equal(new ObjectId(1), await (await iommu.OpenAsync("other")).Bind());
        await Assert.ThrowsAsync<JournalException>(() => iommu.OpenAsync());
    }

    [StoreFact]
    public async Task Areas_that_are_there_before_their_IOAS_are_named_and_not_taken_over()
    {
        await WriteAsync();
        _database.Execute("UPDATE journal SET persistence_id = 'iommu/ioas/other/1.0' WHERE " + Ioas);
        await using var iommu = new SimulatorHarness(_database.Config);
        var failed = JournalFailureTests.Ended(iommu);
        await iommu.OpenAsync("other");
        Assert.Equal(new ObjectId(1), await iommu.Ioas());
        Assert.Contains("iommu/ioas/other/1.0", (await failed).ToString());
    }

    private async Task Refuses(string damage, string stream, long number, string? manifest, string says)
    {
        await WriteAsync();
        _database.Execute(damage);
        var before = _database.Rows();
        var e = await RefusedAsync();
        Assert.Equal((stream, number, manifest), (e.Row!.Stream, e.Row.SequenceNr, e.Row.Manifest));
        Assert.Contains(says, e.Message);
        Assert.Contains(stream, e.Message);
        Assert.Contains("--repair", e.Message);
        Assert.Equal(before, _database.Rows());
    }

    private async Task<JournalException> RefusedAsync()
    {
        await using var iommu = new SimulatorHarness(_database.Config);
        return await Assert.ThrowsAsync<JournalException>(() => iommu.OpenAsync());
    }

    private async Task WriteAsync()
    {
        await using var iommu = await new SimulatorHarness(_database.Config).OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        await iommu.NestParent(device, ioas);
        await iommu.Ioas();
        for (var i = 1UL; i <= 3; i++) await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x10000 * i));
    }
}
