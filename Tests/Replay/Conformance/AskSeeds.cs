using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class AskSeed1() : AskSpec(Deterministic.Seed(1));

public class AskSeed2() : AskSpec(Deterministic.Seed(2));

public class AskSeed3() : AskSpec(Deterministic.Seed(3));
