using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class SupervisionSeed1() : SupervisionSpec(Deterministic.Seed(1));

public class SupervisionSeed2() : SupervisionSpec(Deterministic.Seed(2));

public class SupervisionSeed3() : SupervisionSpec(Deterministic.Seed(3));
