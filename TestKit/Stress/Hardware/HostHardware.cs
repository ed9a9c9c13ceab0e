using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>The simulated host of a run: one IOMMU that all guests share, and what watches its caches.</summary>
public abstract class HostHardware
{
    /// <summary>Its devices, queues, interrupts: the inventory as the simulator wants it.</summary>
    public abstract Machine Machine { get; }

    public abstract PhysicalMemory Memory { get; }

    /// <summary>What guests see of the IOMMU.</summary>
    public abstract GuestIommu GuestIommu { get; }

    /// <summary>The queues that guests can have; null where <see cref="HostPlan.HasQueues"/> is false.</summary>
    public virtual GuestQueues? Queues => null;

    /// <summary>
    /// Hits of cached translations that an invalidation should have removed (I8), as its own checker has counted them. Without one
    /// there is still what guests know of their tables, which every run holds the outcome of every transaction against.
    /// </summary>
    public virtual int StaleHits => 0;

    /// <summary>The address space of a new process, over <see cref="Memory"/>.</summary>
    public abstract UserAddressSpace CreateProcess();

    /// <summary>A way in for a device's DMA.</summary>
    /// <param name="device">One of the machine's.</param>
    /// <param name="pasid">The address space that it asks for; 0 is the device's own.</param>
    public abstract IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0);
}
