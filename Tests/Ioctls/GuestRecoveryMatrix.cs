using Iommu.Actors;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Ioctls;

public class GuestRecoveryOnSqlite : GuestRecoverySpec
{
    private readonly string _folder;

    public GuestRecoveryOnSqlite() : this(Directory.CreateTempSubdirectory("iommu-").FullName)
    {
    }

    private GuestRecoveryOnSqlite(string folder) : base(SimulatorConfig.Sqlite(Path.Combine(folder, "journal.db"))) => _folder = folder;

    public override void Dispose() => Directory.Delete(_folder, recursive: true);
}

public class GuestRecoveryOnPostgres : GuestRecoverySpec
{
    private readonly PostgresStore _store;

    public GuestRecoveryOnPostgres() : this(new PostgresStore())
    {
    }

    private GuestRecoveryOnPostgres(PostgresStore store) : base(SimulatorConfig.Postgres(store.ConnectionString)) => _store = store;

    public override void Dispose() => _store.Dispose();
}
