using Iommu.Hardware.Queues;

namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>Tells a probe what a queue consumes.</summary>
/// <param name="inner">The queue.</param>
/// <param name="consumed">Is told each command.</param>
internal sealed class ProbedQueue(ICommandQueue inner, Action<string, ReadOnlyMemory<ulong>> consumed) : ICommandQueue
{
    private readonly Queue<ReadOnlyMemory<ulong>> _produced = new();
    private ulong _seen = inner.ConsumedTotal;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public ulong ConsumedTotal => inner.ConsumedTotal;

    public int Produce(ReadOnlySpan<ulong> words)
    {
        var taken = inner.Produce(words);
        for (var i = 0; i < taken; i += WordsPerCommand) _produced.Enqueue(words.Slice(i, WordsPerCommand).ToArray());
        return taken;
    }

    public QueueStep Step()
    {
        var step = inner.Step();
        for (; _seen < inner.ConsumedTotal && _produced.TryDequeue(out var command); _seen++) consumed(Name, command);
        return step;
    }
}
