using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class ReceiveTimeoutSeed1() : ReceiveTimeoutSpec(Deterministic.Seed(1));

public class ReceiveTimeoutSeed2() : ReceiveTimeoutSpec(Deterministic.Seed(2));

public class ReceiveTimeoutSeed3() : ReceiveTimeoutSpec(Deterministic.Seed(3));
