using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Persistence.Damage;

public class DamagedJournalOnSqlite() : DamagedJournalSpec(new SqliteStore());

public class DamagedJournalOnPostgres() : DamagedJournalSpec(new PostgresStore());

public class RepairOnSqlite() : RepairSpec(new SqliteStore());

public class RepairOnPostgres() : RepairSpec(new PostgresStore());
