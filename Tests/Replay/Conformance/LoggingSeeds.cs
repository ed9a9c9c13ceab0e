using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class LoggingSeed1() : LoggingSpec(Deterministic.Seed(1));

public class LoggingSeed2() : LoggingSpec(Deterministic.Seed(2));

public class LoggingSeed3() : LoggingSpec(Deterministic.Seed(3));
