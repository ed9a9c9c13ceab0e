using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class PipeToSeed1() : PipeToSpec(Deterministic.Seed(1));

public class PipeToSeed2() : PipeToSpec(Deterministic.Seed(2));

public class PipeToSeed3() : PipeToSpec(Deterministic.Seed(3));
