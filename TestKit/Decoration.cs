using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;

namespace Iommu.TestKit;

/// <summary>What stands around the hardware of a machine: a probe, or a mutant's way to break it.</summary>
/// <param name="Driver">Around each driver.</param>
/// <param name="Queue">Around each hardware queue of the host.</param>
public sealed record Decoration(Func<IIommuDriver, IIommuDriver> Driver, Func<ICommandQueue, ICommandQueue> Queue)
{
    public static readonly Decoration None = new(driver => driver, queue => queue);

    /// <summary>Around the way to the registers of hardware beside an IOMMU.</summary>
    public Func<IMmio, IMmio> Registers { get; init; } = registers => registers;
}
