using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class LifecycleSeed1() : LifecycleSpec(Deterministic.Seed(1));

public class LifecycleSeed2() : LifecycleSpec(Deterministic.Seed(2));

public class LifecycleSeed3() : LifecycleSpec(Deterministic.Seed(3));
