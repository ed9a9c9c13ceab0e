using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: a synchronization completes before an invalidation which it should have waited for, and which goes into the ring before a later
/// batch.
/// </summary>
/// <param name="inner">The queue, of the host or a guest's half of its own.</param>
/// <param name="set">What its commands are.</param>
/// <param name="victims">Which invalidations; one a batch at most.</param>
/// <param name="batchesLate">How many batches are issued before it.</param>
/// <param name="isGuests">Whether it is a guest's.</param>
public sealed class EarlySyncQueue(ICommandQueue inner, CommandSet set, Victims victims, int batchesLate, bool isGuests = false)
    : CommandFault(inner, set, victims, isGuests)
{
    private readonly ExtraCommands _extra = new(inner);
    private readonly Queue<(ReadOnlyMemory<ulong> Command, long Batch)> _late = new();
    private long _batches;

    public override ulong ConsumedTotal => _extra.ConsumedTotal;

    protected override void Begin()
    {
        _batches++;
        while (_late.TryPeek(out var next) && next.Batch <= _batches && _extra.TryProduce(next.Command.Span)) _late.Dequeue();
    }

    protected override void Taken(ReadOnlyMemory<ulong> command) => _late.Enqueue((command, _batches + batchesLate));

    protected override void Passed(int commands) => _extra.Passed(commands);
}
