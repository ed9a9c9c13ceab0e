using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.UnderTest;

/// <summary>A machine from power on to power off: a simulator on a host, and the process that has the context open.</summary>
internal sealed record Life(HostHardware Host, UserProcess Process, ActorSystem System, IommuSimulator Simulator)
{
    public UserAddressSpace Memory => (UserAddressSpace)Process.Memory;

    /// <summary>The context under test.</summary>
    public IommufdContext Context { get; init; } = null!;
}
