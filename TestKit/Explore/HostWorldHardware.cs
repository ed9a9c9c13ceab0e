using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;

namespace Iommu.TestKit.Explore;

/// <summary>The machine of a test's body, in a search.</summary>
internal sealed class HostWorldHardware : WorldHardware
{
    private readonly MachineUnderTest _machine;

    public HostWorldHardware(MachineUnderTest machine)
    {
        (_machine, Host) = (machine, machine.BuildHost());
        Memory = Host.CreateProcess();
        Process = new UserProcess(Memory);
    }

    public HostHardware Host { get; }

    public override Machine Machine => Host.Machine;

    public override UserProcess Process { get; }

    public override UserAddressSpace Memory { get; }

    public override string? Left => _machine.Left;
}
