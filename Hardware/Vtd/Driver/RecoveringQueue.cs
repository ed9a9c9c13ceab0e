using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// The invalidation queue with the driver's answer to a device that did not complete an invalidation (dmar.c, qi_check_fault,
/// qi_submit_sync): it clears ITE and submits what the aborted wait descriptor closed once more. For a device that is gone there is nothing
/// left to invalidate, and the wait counts as completed.
/// </summary>
internal sealed class RecoveringQueue(ICommandQueue inner, Registers registers, Func<uint, bool> isThere) : ICommandQueue
{
    private readonly Queue<Descriptor> _inRing = new();
    private readonly List<Descriptor> _unreported = [];
    private readonly Queue<ulong> _again = new();
    private ulong _seen = inner.ConsumedTotal;
    private ulong _repeated;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    /// <summary>What is submitted again is consumed when it has been consumed again.</summary>
    public ulong ConsumedTotal => inner.ConsumedTotal - _repeated;

    /// <summary>Wait descriptors that were aborted.</summary>
    public long TimeOuts { get; private set; }

    public int Produce(ReadOnlySpan<ulong> words) => _again.Count > 0 ? 0 : ProduceNow(words);

    public QueueStep Step()
    {
        if (_again.Count > 0) ProduceAgain();
        var step = inner.Step();
        for (; _seen < inner.ConsumedTotal; _seen++) Consumed(_inRing.Dequeue());
        if (step != QueueStep.Stopped || !registers.FaultStatus.HasFlag(FaultStatus.TimeOut))
            return step == QueueStep.Idle && _again.Count > 0 ? QueueStep.Progress : step;
        Recover();
        return QueueStep.Progress;
    }

    private int ProduceNow(ReadOnlySpan<ulong> words)
    {
        var taken = inner.Produce(words);
        for (var i = 0; i < taken; i += Descriptor.Words)
            _inRing.Enqueue(new Descriptor(words[i], words[i + 1], words[i + 2], words[i + 3]));
        return taken;
    }

    // A wait that was aborted has been consumed by the hardware too: its status says which it was.
    private void Consumed(Descriptor descriptor)
    {
        _unreported.Add(descriptor);
        if (descriptor.Type == DescriptorType.Wait && !registers.FaultStatus.HasFlag(FaultStatus.TimeOut)) _unreported.Clear();
    }

    private void Recover()
    {
        TimeOuts++;
        var source = (uint)(registers.QueueError >> 32) & 0xFFFF;
        registers.ClearStatus(FaultStatus.TimeOut);
        if (isThere(source))
        {
            _repeated += (ulong)_unreported.Count;
            foreach (var one in _unreported)
                foreach (var word in (ReadOnlySpan<ulong>)[one.Word0, one.Word1, one.Word2, one.Word3]) _again.Enqueue(word);
        }
        _unreported.Clear();
    }

    // As far as there is room.
    private void ProduceAgain()
    {
        var taken = ProduceNow(_again.ToArray());
        for (var i = 0; i < taken; i++) _again.Dequeue();
    }
}
