using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd.Driver;

namespace Iommu.Hardware.Vtd;

/// <summary>What a simulated host has.</summary>
public sealed record VtdMachineOptions
{
    public int Units { get; init; } = 1;

    public int DevicesPerUnit { get; init; } = 4;

    /// <summary>How many of each unit's devices, the first ones, have a device TLB and can request pages.</summary>
    public int DevicesWithAts { get; init; }

    /// <summary>How many vIOMMUs each unit can have: its queues for guests.</summary>
    public int GuestsPerUnit { get; init; } = 64;

    /// <summary>Frames of 4 KiB that tables and processes can take; only what is written costs memory.</summary>
    public long Frames { get; init; } = 1L << 32;

    public VtdCacheSizes CacheSizes { get; init; } = VtdCacheSizes.Default;

    /// <summary>The registers of each unit as after reset: what its capability registers say that it can.</summary>
    public Func<Registers> Registers { get; init; } = () => new Registers();

    /// <summary>Wraps each unit's invalidation queue: faults, checkers. The driver then uses what this returns.</summary>
    public Func<RemappingUnit, InvalidationQueue, ICommandQueue>? DecorateQueue { get; init; }

    /// <summary>Wraps each unit's driver: failing calls. The devices then name what this returns as their IOMMU.</summary>
    public Func<VtdDriver, IIommuDriver>? DecorateDriver { get; init; }
}
