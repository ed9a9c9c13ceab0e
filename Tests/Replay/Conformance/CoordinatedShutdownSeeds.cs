using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class CoordinatedShutdownSeed1() : CoordinatedShutdownSpec(Deterministic.Seed(1));

public class CoordinatedShutdownSeed2() : CoordinatedShutdownSpec(Deterministic.Seed(2));

public class CoordinatedShutdownSeed3() : CoordinatedShutdownSpec(Deterministic.Seed(3));
