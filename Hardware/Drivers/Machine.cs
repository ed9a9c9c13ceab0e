using System.Collections.Immutable;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Drivers;

/// <summary>
/// What a simulated machine has: devices, and the queues that its IOMMUs are commanded by. Devices can be plugged in and out while it
/// runs, from any thread.
/// </summary>
public sealed class Machine(IEnumerable<PhysicalDevice> devices, IReadOnlyList<ICommandQueue> queues)
{
    private ImmutableList<PhysicalDevice> _devices = [.. devices];

    public IReadOnlyList<PhysicalDevice> Devices => Volatile.Read(ref _devices);

    public IReadOnlyList<ICommandQueue> Queues { get; } = queues;

    /// <summary>The drivers whose hardware interrupts.</summary>
    public IReadOnlyList<IInterruptSource> Interrupts { get; init; } = [];

    /// <summary>The queues that guests command themselves.</summary>
    public IReadOnlyList<IDoorbellQueue> DoorbellQueues { get; init; } = [];

    /// <summary>Where IOMMU_TEST_CMD makes its devices; null in a machine without the selftest.</summary>
    public MockIommu? Mock { get; set; }

    /// <summary>Null when the machine has no such device.</summary>
    public PhysicalDevice? Find(string name) => Devices.FirstOrDefault(device => device.Name == name);

    public void Plug(PhysicalDevice device) => ImmutableInterlocked.Update(ref _devices, (list, added) => list.Add(added), device);

    public void Unplug(PhysicalDevice device) => ImmutableInterlocked.Update(ref _devices, (list, gone) => list.Remove(gone), device);
}
