using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class BehaviorSeed1() : BehaviorSpec(Deterministic.Seed(1));

public class BehaviorSeed2() : BehaviorSpec(Deterministic.Seed(2));

public class BehaviorSeed3() : BehaviorSpec(Deterministic.Seed(3));
