using Iommu.Actors;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Actors;

public class ContextRecoveryOnSqlite : ContextRecoverySpec
{
    private readonly string _folder;

    public ContextRecoveryOnSqlite() : this(Directory.CreateTempSubdirectory("iommu-").FullName)
    {
    }

    private ContextRecoveryOnSqlite(string folder) : base(SimulatorConfig.Sqlite(Path.Combine(folder, "journal.db"))) => _folder = folder;

    public override void Dispose() => Directory.Delete(_folder, recursive: true);
}

public class ContextRecoveryOnPostgres : ContextRecoverySpec
{
    private readonly PostgresStore _store;

    public ContextRecoveryOnPostgres() : this(new PostgresStore())
    {
    }

    private ContextRecoveryOnPostgres(PostgresStore store) : base(SimulatorConfig.Postgres(store.ConnectionString)) => _store = store;

    public override void Dispose() => _store.Dispose();
}
