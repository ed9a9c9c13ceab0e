using Iommu.Hardware.Queues;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>Carries plans out a step at a time, as an actor would: a produce, a step of the queue, the next batch.</summary>
internal sealed class PlanRunner(ICommandQueue queue, IEnumerator<CommandBatch> plan)
{
    private ReadOnlyMemory<ulong> _left;

    /// <summary>One step; false when the plan has ended and the queue is idle.</summary>
    public bool Step(int room)
    {
        if (!_left.IsEmpty)
        {
            // A few words at a time, so that the consumer runs into a half-written batch.
            var words = Math.Min(_left.Length, queue.WordsPerCommand * room);
            _left = _left[queue.Produce(_left.Span[..words])..];
            return true;
        }
        var step = queue.Step();
        Assert.NotEqual(QueueStep.Stopped, step);
        if (step != QueueStep.Idle) return true;
        if (!plan.MoveNext()) return false;
        _left = plan.Current.Words;
        return true;
    }
}
