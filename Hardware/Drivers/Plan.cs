using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Drivers;

/// <summary>
/// An operation on hardware that takes several steps is a plan: a sequence of batches. Each batch must be done before
/// the sequence is moved on, since what follows it (the next table store, the end of the operation) relies on it. An
/// actor moves a plan on when the queue reports; a plain loop runs it with <see cref="Run"/>.
/// </summary>
public static class Plan
{
    public static readonly IEnumerable<CommandBatch> Nothing = [];

    /// <summary>Runs a plan to its end on the calling thread, which must be the only producer of the queues it uses.</summary>
    public static void Run(IEnumerable<CommandBatch> plan)
    {
        foreach (var batch in plan) Run(batch);
    }

    /// <summary>Runs one batch to its end on the calling thread.</summary>
    /// <exception cref="InvalidOperationException">The queue stopped on a command error.</exception>
    public static void Run(CommandBatch batch)
    {
        var left = batch.Words.Span;
        while (true)
        {
            left = left[batch.Queue.Produce(left)..];
            var step = batch.Queue.Step();
            if (step == QueueStep.Idle && left.IsEmpty) return;
            // Whoever is waited for may be off its processor: let it have this one.
            if (step == QueueStep.Waiting) Thread.Yield();
            if (step == QueueStep.Stopped) throw new InvalidOperationException($"{batch.Queue.Name} stopped on a command error");
        }
    }
}
