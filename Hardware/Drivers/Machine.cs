using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Drivers;

/// <summary>What a simulated machine has: devices, and the queues that its IOMMUs are commanded by.</summary>
public sealed record Machine(IReadOnlyList<PhysicalDevice> Devices, IReadOnlyList<ICommandQueue> Queues)
{
    /// <summary>Null when the machine has no such device.</summary>
    public PhysicalDevice? Find(string name) => Devices.FirstOrDefault(device => device.Name == name);
}
