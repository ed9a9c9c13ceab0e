namespace Iommu.Tests.Conformance.Persistence;

public class PersistInMemory() : PersistSpec(new MemoryStore());

public class PersistOnSqlite() : PersistSpec(new SqliteStore());

public class PersistOnPostgres() : PersistSpec(new PostgresStore());
