using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Hardware.Tegra241;

namespace Iommu.Hardware.Smmuv3;

/// <summary>What a simulated host has.</summary>
public sealed record Smmuv3MachineOptions
{
    public int Smmus { get; init; } = 1;

    public int DevicesPerSmmu { get; init; } = 4;

    /// <summary>How many of each SMMU's devices, the first ones, have an ATC.</summary>
    public int DevicesWithAts { get; init; }

    /// <summary>Of every device; no more than the SMMU has substreams for. 0 for none.</summary>
    public byte PasidBits { get; init; }

    /// <summary>Whether transactions of the devices can wait for software after a fault, where the SMMU has stalls.</summary>
    public bool DevicesStall { get; init; }

    /// <summary>Whether the SMMUs have the erratum that TLBI and CFGI must be issued twice.</summary>
    public bool RepeatsInvalidations { get; init; }

    /// <summary>Frames of 4 KiB that tables and processes can take; only what is written costs memory.</summary>
    public long Frames { get; init; } = 1L << 32;

    public CacheSizes CacheSizes { get; init; } = CacheSizes.Default;

    /// <summary>The registers of each SMMU as after reset: what its identification registers say that it can.</summary>
    public Func<Registers> Registers { get; init; } = () => new Registers();

    /// <summary>Wraps each SMMU's command queue: faults, checkers. The driver then uses what this returns.</summary>
    public Func<Smmu, CommandQueue, ICommandQueue>? DecorateQueue { get; init; }

    /// <summary>Wraps each SMMU's driver: failing calls. The devices then name what this returns as their IOMMU.</summary>
    public Func<Smmuv3Driver, IIommuDriver>? DecorateDriver { get; init; }

    /// <summary>The CMDQV that extends each SMMU; null for none.</summary>
    public CmdqvParameters? Cmdqv { get; init; }

    /// <summary>Wraps the way to each CMDQV's registers, the driver's alone: faults.</summary>
    public Func<IMmio, IMmio>? DecorateCmdqv { get; init; }
}
