using Iommu.Actors;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Vfio;

public class VfioRecoveryOnSqlite : VfioRecoverySpec
{
    private readonly string _folder;

    public VfioRecoveryOnSqlite() : this(Directory.CreateTempSubdirectory("iommu-").FullName)
    {
    }

    private VfioRecoveryOnSqlite(string folder) : base(SimulatorConfig.Sqlite(Path.Combine(folder, "journal.db"))) => _folder = folder;

    public override void Dispose() => Directory.Delete(_folder, recursive: true);
}

public class VfioRecoveryOnPostgres : VfioRecoverySpec
{
    private readonly PostgresStore _store;

    public VfioRecoveryOnPostgres() : this(new PostgresStore())
    {
    }

    private VfioRecoveryOnPostgres(PostgresStore store) : base(SimulatorConfig.Postgres(store.ConnectionString)) => _store = store;

    public override void Dispose() => _store.Dispose();
}
