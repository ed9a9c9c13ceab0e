using Iommu.Hardware.Amd;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Hardware.Vtd;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Drivers;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Tests.Drivers;

/// <summary>The product's drivers, each on a machine with one device that has an ATC, and three without.</summary>
internal static class Rigs
{
    public static DriverRig Smmuv3() => OnSmmu(null, GuestIommu.Smmuv3);

    public static DriverRig Tegra241() => OnSmmu(new CmdqvParameters(), GuestOf(StressHardware.Tegra241));

    // ASIDs of 8 bits.
    private static DriverRig OnSmmu(CmdqvParameters? cmdqv, GuestIommu guest)
    {
        var machine = Smmuv3Machine.Create(new Smmuv3MachineOptions
        {
            DevicesWithAts = 1, Cmdqv = cmdqv, Registers = () => new() { Idr0 = new Iommu.Hardware.Smmuv3.Registers().Idr0 & ~(1u << 12) },
        });
        return new MachineRig(machine.Devices, machine.Memory, machine.Frames, device =>
        {
            var port = machine.OpenPort(device);
            return (iova, access) => port.Translate(iova, access) is { Succeeded: true } result ? result.Address : null;
        })
        {
            GuestIommu = guest,
            Limit = flags => flags == HwptAllocFlags.None ? 255 : null,
        };
    }

    public static DriverRig Amd()
    {
        var machine = AmdMachine.Create(new AmdMachineOptions { DevicesWithAts = 1, DomainIds = 20 });
        return new MachineRig(machine.Devices, machine.Memory, machine.Frames, device =>
        {
            var port = machine.OpenPort(device);
            return (iova, access) => port.Translate(iova, access) is { Succeeded: true } result ? result.Address : null;
        })
        {
            GuestIommu = GuestOf(StressHardware.Amd),
            Limit = _ => 20,
        };
    }

    // 16 domain ids, of which two are reserved.
    public static DriverRig Vtd()
    {
        var machine = VtdMachine.Create(new VtdMachineOptions
        {
            DevicesWithAts = 1,
            Registers = () => new() { Capability = new Iommu.Hardware.Vtd.Registers().Capability & ~7UL },
        });
        return new MachineRig(machine.Devices, machine.Memory, machine.Frames, device =>
        {
            var port = machine.OpenPort(device);
            return (iova, access) => port.Translate(iova, access) is { Succeeded: true } result ? result.Address : null;
        })
        {
            GuestIommu = GuestOf(StressHardware.Vtd),
            Limit = _ => 14,
        };
    }

    /// <summary>Its tables are read by nobody.</summary>
    public static DriverRig Mock()
    {
        var machine = new MockMachine();
        var devices = Enumerable.Range(0, 2).Select(_ => machine.Iommu.Plug(MockDeviceFlags.None).Value!).ToList();
        return new MachineRig(devices, machine.Memory, machine.Frames, null) { GuestIommu = null };
    }

    private static GuestIommu GuestOf(StressHardware hardware) =>
        hardware.Build(new HostPlan(1, 1, 2, 0, QueueUse.Trapped, null, new Findings())).GuestIommu;
}
