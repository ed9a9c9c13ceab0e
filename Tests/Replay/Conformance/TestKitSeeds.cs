using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class TestKitSeed1() : TestKitSpec(Deterministic.Seed(1));

public class TestKitSeed2() : TestKitSpec(Deterministic.Seed(2));

public class TestKitSeed3() : TestKitSpec(Deterministic.Seed(3));
