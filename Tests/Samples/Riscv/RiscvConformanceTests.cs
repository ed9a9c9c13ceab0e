using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Drivers;
using Iommu.TestKit.Guests;
using RiscvIommu;
using RiscvStress;

namespace Iommu.Tests.Samples.Riscv;

/// <summary>The sample driver owes the core what every driver owes it.</summary>
public class RiscvConformanceTests
{
    public static TheoryData<string> Rules => [.. DriverConformance.Rules.Select(rule => rule.Name)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void It_holds(string name)
    {
        var rule = DriverConformance.Rules.Single(rule => rule.Name == name);
        Assert.True(rule.Check(new Rig()), "nothing was tested");
    }

    private sealed class Rig : DriverRig
    {
        private readonly RiscvMachine _machine = RiscvMachine.Create(new RiscvMachineOptions { GscidLast = 20 });

        public override IReadOnlyList<PhysicalDevice> Devices => _machine.Devices;

        public override PhysicalMemory Memory => _machine.Memory;

        public override FrameAllocator Frames => _machine.Frames;

        public override GuestIommu Guest { get; } = new RiscvGuestIommu();

        public override ulong? Reach(PhysicalDevice device, ulong iova, Access access) =>
            _machine.OpenPort(device).Translate(iova, access) is { Succeeded: true } result ? result.Address : null;

        public override int? DomainsMax(HwptAllocFlags flags) => flags.HasFlag(HwptAllocFlags.NestParent) ? 20 : null;
    }
}
