using Akka.Configuration;
using Iommu.Actors;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Persistence.Damage;

/// <summary>PostgreSQL: connections that the server ends, and writes that it refuses as with a full disk, or on a standby.</summary>
public sealed class LostDatabaseOnPostgresTests : LostDatabaseSpec, IDisposable
{
    private readonly PostgresStore _store = new();
    private readonly string _application = $"iommu {Guid.NewGuid():N}";
    private readonly Config _config;

    public LostDatabaseOnPostgresTests() =>
        _config = SimulatorConfig.Postgres($"{_store.ConnectionString};Application Name={_application}");

    public void Dispose() => _store.Dispose();

    [StoreFact]
    public Task Connections_that_the_server_ends() => FailsAndResumes(_config, TerminateAsync, mend: null, reason: null);

    [StoreFact]
    public Task A_server_without_space() => FailsAndResumes(_config, () => Refuse("53100", "the disk is full"), Mend, "the disk is full");

    [StoreFact]
    public Task A_server_that_can_only_be_read() => FailsAndResumes(_config,
        () => Refuse("25006", "cannot execute INSERT in a read-only transaction"), Mend, "read-only");

    /// <summary>While calls are under way: some are in the middle of a write then.</summary>
    private Task TerminateAsync() => Task.Run(() =>
    {
        var sql = $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{_application}'";
        while (_store.Query(sql)[0] == "0") { }
    });

    private Task Refuse(string code, string message)
    {
        _store.Execute($"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = '{message}'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON journal EXECUTE FUNCTION refuse();
            """);
        return Task.CompletedTask;
    }

    private Task Mend()
    {
        _store.Execute("DROP TRIGGER refuse ON journal; DROP FUNCTION refuse");
        return Task.CompletedTask;
    }
}
