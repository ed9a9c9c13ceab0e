using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class MessageOrderSeed1() : MessageOrderSpec(Deterministic.Seed(1));

public class MessageOrderSeed2() : MessageOrderSpec(Deterministic.Seed(2));

public class MessageOrderSeed3() : MessageOrderSpec(Deterministic.Seed(3));
