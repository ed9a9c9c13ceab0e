using Iommu.Actors.Core;
using Iommu.Actors.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;

namespace Iommu.Actors.Contexts;

/// <summary>What a context is opened with; see <see cref="ObjectEnvironment"/>.</summary>
internal sealed record ContextSettings(
    string Name,
    ObjectTable Table,
    Machine Machine,
    UserProcess Process,
    QueueDirectory Queues,
    DeviceOwners Owners,
    IFailureInjection Failures,
    bool AllowUnsafeInterrupts,
    DeviceNode Node);
