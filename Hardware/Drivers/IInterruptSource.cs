using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Drivers;

/// <summary>A driver whose hardware interrupts: it has events and page requests to fetch.</summary>
public interface IInterruptSource
{
    /// <summary>Unique within the machine.</summary>
    string Name { get; }

    /// <summary>
    /// Called when there is something to fetch, on whatever thread the hardware was stepped: once, and again only after a
    /// <see cref="Service"/> has begun. One listener; null for none.
    /// </summary>
    Action? Raised { set; }

    /// <summary>Fetches what there is and passes it on; the plan answers what needs an answer of software at once.</summary>
    IEnumerable<CommandBatch> Service(IFaultSink faults);
}

/// <summary>Where a driver reports the page faults of its devices to (iommu_report_device_fault).</summary>
public interface IFaultSink
{
    /// <summary>Any thread may call it. Each group is answered once, by <see cref="IIommuDriver.RespondToFaults"/>.</summary>
    void ReportFault(PhysicalDevice device, PageFault fault);
}
