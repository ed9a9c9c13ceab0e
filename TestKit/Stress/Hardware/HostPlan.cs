using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>What a run needs of a host.</summary>
/// <param name="Guests">Guests that will share it.</param>
/// <param name="Vcpus">vCPUs of each.</param>
/// <param name="Devices">Devices that it must have behind its IOMMU, all guests' together.</param>
/// <param name="DevicesWithAts">How many of them must have a translation cache of their own.</param>
/// <param name="Queues">How vCPUs will invalidate: trapped alone where the hardware has no queues for guests.</param>
/// <param name="Fault">What must go wrong in it; one that <see cref="StressHardware.CanPlant"/> has said yes to, or null.</param>
/// <param name="Findings">Where its checkers report.</param>
public sealed record HostPlan(
    int Guests, int Vcpus, int Devices, int DevicesWithAts, QueueUse Queues, PlantedFault? Fault, Findings Findings)
{
    /// <summary>Whether vCPUs have queues of their own.</summary>
    public bool HasQueues => Queues != QueueUse.Trapped;

    /// <summary>What stands around its driver, and around its queue: behind the fault, so that it is told what hardware is.</summary>
    public Decoration Decoration { get; init; } = Decoration.None;
}
