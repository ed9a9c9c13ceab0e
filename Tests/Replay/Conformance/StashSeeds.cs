using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class StashSeed1() : StashSpec(Deterministic.Seed(1));

public class StashSeed2() : StashSpec(Deterministic.Seed(2));

public class StashSeed3() : StashSpec(Deterministic.Seed(3));
