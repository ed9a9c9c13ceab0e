using Iommu.Hardware.Drivers;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>Page faults as a driver reports them.</summary>
internal sealed class FaultList : IFaultSink
{
    public List<(PhysicalDevice Device, PageFault Fault)> All { get; } = [];

    public void ReportFault(PhysicalDevice device, PageFault fault) => All.Add((device, fault));
}
