using Iommu.Tests.Conformance;

namespace Iommu.Tests.Replay.Conformance;

public class ReceiveAsyncSeed1() : ReceiveAsyncSpec(Deterministic.Seed(1));

public class ReceiveAsyncSeed2() : ReceiveAsyncSpec(Deterministic.Seed(2));

public class ReceiveAsyncSeed3() : ReceiveAsyncSpec(Deterministic.Seed(3));
