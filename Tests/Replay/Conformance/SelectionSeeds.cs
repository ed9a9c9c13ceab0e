using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class SelectionSeed1() : SelectionSpec(Deterministic.Seed(1));

public class SelectionSeed2() : SelectionSpec(Deterministic.Seed(2));

public class SelectionSeed3() : SelectionSpec(Deterministic.Seed(3));
