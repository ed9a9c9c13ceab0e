namespace Iommu.Tests.Conformance.Persistence;

public class StashInMemory() : StashSpec(new MemoryStore());

public class StashOnSqlite() : StashSpec(new SqliteStore());

public class StashOnPostgres() : StashSpec(new PostgresStore());
