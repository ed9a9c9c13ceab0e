using Iommu.Hardware;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A device's way into whatever IOMMU a run has: one transaction at a time, from one thread at a time.</summary>
public interface IDmaPort
{
    /// <summary>What came of the transaction that <see cref="Step"/> ended.</summary>
    DmaOutcome Outcome { get; }

    /// <summary>A transaction at full speed, to its end.</summary>
    DmaOutcome Translate(ulong iova, Access access);

    /// <summary>Starts a transaction that <see cref="Step"/> carries on.</summary>
    void Begin(ulong iova, Access access);

    /// <summary>One step of the transaction begun; true when it has ended.</summary>
    bool Step();
}
