namespace Iommu.Tests.Conformance.Persistence;

public class RecoveryInMemory() : RecoverySpec(new MemoryStore());

public class RecoveryOnSqlite() : RecoverySpec(new SqliteStore());

public class RecoveryOnPostgres() : RecoverySpec(new PostgresStore());
