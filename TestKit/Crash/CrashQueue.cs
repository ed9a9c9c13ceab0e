using Iommu.Hardware.Queues;

namespace Iommu.TestKit.Crash;

/// <summary>A hardware queue, which says before each step that it takes it, and after it how much is left.</summary>
/// <param name="inner">The queue.</param>
/// <param name="trigger">Whom it tells.</param>
internal sealed class CrashQueue(ICommandQueue inner, CrashTrigger trigger) : ICommandQueue
{
    private ulong _produced;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public ulong ConsumedTotal => inner.ConsumedTotal;

    public int Produce(ReadOnlySpan<ulong> words)
    {
        var taken = inner.Produce(words);
        _produced += (ulong)(taken / WordsPerCommand);
        return taken;
    }

    public QueueStep Step()
    {
        trigger.Stepping();
        var step = inner.Step();
        if (step == QueueStep.Progress) trigger.Drained(_produced - inner.ConsumedTotal);
        return step;
    }
}
