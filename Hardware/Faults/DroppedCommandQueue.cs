using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.Hardware.Faults;

/// <summary>Fault: the n-th invalidation (TLBI or ATC_INV, from 0) never reaches the hardware, yet its CMD_SYNC completes.</summary>
/// <inheritdoc cref="CommandFault"/>
public sealed class DroppedCommandQueue(ICommandQueue inner, long victim, long period = 0) : CommandFault(inner, victim, period)
{
    public override QueueStep Step() => Inner.Step();

    protected override void Taken(Command command)
    {
    }
}
