using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class TimersSeed1() : TimersSpec(Deterministic.Seed(1));

public class TimersSeed2() : TimersSpec(Deterministic.Seed(2));

public class TimersSeed3() : TimersSpec(Deterministic.Seed(3));
