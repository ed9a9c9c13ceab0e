using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class EventStreamSeed1() : EventStreamSpec(Deterministic.Seed(1));

public class EventStreamSeed2() : EventStreamSpec(Deterministic.Seed(2));

public class EventStreamSeed3() : EventStreamSpec(Deterministic.Seed(3));
