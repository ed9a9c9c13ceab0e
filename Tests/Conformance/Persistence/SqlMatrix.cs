namespace Iommu.Tests.Conformance.Persistence;

public class SqlOnSqlite() : SqlSpec(new SqliteStore());

public class SqlOnPostgres() : SqlSpec(new PostgresStore());
