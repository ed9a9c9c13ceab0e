using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class DeathWatchSeed1() : DeathWatchSpec(Deterministic.Seed(1));

public class DeathWatchSeed2() : DeathWatchSpec(Deterministic.Seed(2));

public class DeathWatchSeed3() : DeathWatchSpec(Deterministic.Seed(3));
