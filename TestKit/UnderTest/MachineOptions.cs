using Akka.Configuration;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.UnderTest;

/// <summary>What a machine under test has.</summary>
public sealed record MachineOptions
{
    /// <summary>Devices behind its IOMMU.</summary>
    public int Devices { get; init; } = 2;

    /// <summary>How many of them have a translation cache of their own (PCIe ATS): the first ones.</summary>
    public int DevicesWithAts { get; init; }

    /// <summary>Guests that there can be at once.</summary>
    public int Guests { get; init; } = 2;

    /// <summary>What goes wrong in its command queue; null for nothing.</summary>
    public PlantedFault? Fault { get; init; }

    /// <summary>How long an expectation waits for what is to come. Nothing that holds takes so long.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Laid over the kit's own configuration: of the actor runtime, or of the simulator (Akka.conf).</summary>
    public Config? Configuration { get; init; }
}
