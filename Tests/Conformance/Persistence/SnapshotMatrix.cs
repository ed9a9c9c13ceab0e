namespace Iommu.Tests.Conformance.Persistence;

public class SnapshotInMemory() : SnapshotSpec(new MemoryStore());

public class SnapshotOnSqlite() : SnapshotSpec(new SqliteStore());

public class SnapshotOnPostgres() : SnapshotSpec(new PostgresStore());
