using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Replay.Conformance;

public class PersistInMemorySeeds() : PersistSpec(new MemoryStore(), Deterministic.Seed(1));

public class PersistOnSqliteSeeds() : PersistSpec(new SqliteStore(), Deterministic.Seed(2));

public class PersistStashSeeds() : Iommu.Tests.Conformance.Persistence.StashSpec(new SqliteStore(), Deterministic.Seed(3));

public class RecoverySeeds() : RecoverySpec(new SqliteStore(), Deterministic.Seed(4));

public class SnapshotSeeds() : SnapshotSpec(new SqliteStore(), Deterministic.Seed(5));

public class DeletionSeeds() : DeletionSpec(new SqliteStore(), Deterministic.Seed(6));

public class SqlSeeds() : SqlSpec(new SqliteStore(), Deterministic.Seed(7));

public class FailureSeeds() : FailureSpec(Deterministic.Seed(8));
