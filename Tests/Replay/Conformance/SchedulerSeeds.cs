using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class SchedulerSeed1() : SchedulerSpec(Deterministic.Seed(1));

public class SchedulerSeed2() : SchedulerSpec(Deterministic.Seed(2));

public class SchedulerSeed3() : SchedulerSpec(Deterministic.Seed(3));
