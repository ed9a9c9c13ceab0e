using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Drivers;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Drivers;

/// <summary>A rig on one of the simulated machines.</summary>
/// <param name="open">Opens a way in for a device: what takes an IOVA and an access, and tells where they come out.</param>
internal sealed class MachineRig(
    IReadOnlyList<PhysicalDevice> devices, PhysicalMemory memory, FrameAllocator frames,
    Func<PhysicalDevice, Func<ulong, Access, ulong?>>? open) : DriverRig
{
    private readonly Dictionary<PhysicalDevice, Func<ulong, Access, ulong?>> _ports = [];

    public required GuestIommu? GuestIommu { get; init; }

    public Func<HwptAllocFlags, int?> Limit { get; init; } = _ => null;

    public override IReadOnlyList<PhysicalDevice> Devices => devices;

    public override PhysicalMemory Memory => memory;

    public override FrameAllocator Frames => frames;

    public override bool Translates => open is not null;

    public override GuestIommu? Guest => GuestIommu;

    public override int? DomainsMax(HwptAllocFlags flags) => Limit(flags);

    public override ulong? Reach(PhysicalDevice device, ulong iova, Access access)
    {
        if (!_ports.TryGetValue(device, out var port)) _ports[device] = port = open!(device);
        return port(iova, access);
    }
}
