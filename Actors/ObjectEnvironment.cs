using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;

namespace Iommu.Actors;

/// <summary>What every object of one context is given.</summary>
/// <param name="ContextName">The name of the context.</param>
/// <param name="Context">Its actor.</param>
/// <param name="Table">Its published objects.</param>
/// <param name="Machine">The simulated machine.</param>
/// <param name="Process">The process that opened the context.</param>
/// <param name="Queues">Who runs which hardware queue.</param>
/// <param name="Owners">Which context owns which device.</param>
/// <param name="Failures">Which steps fail.</param>
/// <param name="Pages">The pages that its IOASes map.</param>
/// <param name="Holdings">What it has of the hardware.</param>
internal sealed record ObjectEnvironment(
    string ContextName,
    IActorRef Context,
    ObjectTable Table,
    Machine Machine,
    UserProcess Process,
    QueueDirectory Queues,
    DeviceOwners Owners,
    IFailureInjection Failures,
    ContextPages Pages,
    HardwareHoldings Holdings);
