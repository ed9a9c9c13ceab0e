using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: a CMD_SYNC completes before the n-th invalidation (counted from 0), which it should have waited for. The
/// invalidation is carried out after the queue has run dry and was stepped a number of times more.
/// </summary>
public sealed class EarlySyncQueue(ICommandQueue inner, long victim, int stepsLate, long period = 0)
    : CommandFault(inner, victim, period)
{
    private Command? _late;
    private int _stepsLeft;
    private ulong _carriedOut;
    private bool _inRing;

    protected override bool Ready => _late is null;

    // The late commands took extra places in the ring, which nobody outside knows of.
    public override ulong ConsumedTotal => Inner.ConsumedTotal - _carriedOut;

    public override QueueStep Step()
    {
        if (_late is null) return Inner.Step();
        if (_inRing) return StepLate();
        var step = Inner.Step();
        if (step != QueueStep.Idle || _stepsLeft-- > 0) return step;
        _inRing = Inner.Produce([_late.Value.Word0, _late.Value.Word1]) != 0;
        return QueueStep.Progress;
    }

    protected override void Taken(Command command) => (_late, _stepsLeft, _inRing) = (command, stepsLate, false);

    // The ring was empty when it went in, so it is what is consumed next.
    private QueueStep StepLate()
    {
        var before = Inner.ConsumedTotal;
        var step = Inner.Step();
        if (Inner.ConsumedTotal == before) return step;
        _carriedOut++;
        _late = null;
        return step;
    }
}
