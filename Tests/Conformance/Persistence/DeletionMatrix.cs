namespace Iommu.Tests.Conformance.Persistence;

public class DeletionInMemory() : DeletionSpec(new MemoryStore());

public class DeletionOnSqlite() : DeletionSpec(new SqliteStore());

public class DeletionOnPostgres() : DeletionSpec(new PostgresStore());
