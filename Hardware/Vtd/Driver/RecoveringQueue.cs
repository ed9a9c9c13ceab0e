using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// An invalidation queue with the driver's answer to its errors (dmar.c, qi_check_fault and qi_submit_sync): a descriptor that the unit
/// does not know is replaced by a wait descriptor where it is. When a device did not complete an invalidation in time, ITE is cleared, and
/// what the aborted wait descriptor closed is submitted once more; not for a device that is gone, which has nothing left to invalidate. The
/// queue goes on.
/// </summary>
/// <param name="inner">The queue.</param>
/// <param name="memory">Where its ring is.</param>
/// <param name="registers">Of the unit.</param>
/// <param name="isThere">Whether the device of a source id is still there.</param>
internal sealed class RecoveringQueue(ICommandQueue inner, PhysicalMemory memory, Registers registers, Func<uint, bool> isThere)
    : ICommandQueue
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

    /// <summary>Descriptors that were skipped.</summary>
    public long Skipped { get; private set; }

    /// <summary>Wait descriptors that were aborted because a device did not complete an invalidation.</summary>
    public long TimeOuts { get; private set; }

    public int Produce(ReadOnlySpan<ulong> words) => _again.Count > 0 ? 0 : ProduceNow(words);

    public QueueStep Step()
    {
        if (_again.Count > 0) ProduceAgain();
        var step = inner.Step();
        for (; _seen < inner.ConsumedTotal; _seen++) Consumed(_inRing.Dequeue());
        if (step != QueueStep.Stopped) return step == QueueStep.Idle && _again.Count > 0 ? QueueStep.Progress : step;
        var status = registers.FaultStatus & (FaultStatus.QueueError | FaultStatus.TimeOut);
        if (status.HasFlag(FaultStatus.QueueError)) Skip();
        if (status.HasFlag(FaultStatus.TimeOut)) SubmitAgain();
        registers.ClearStatus(status);
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

    private void Skip()
    {
        var (address, wait) = ((registers.QueueAddress & ~0xFFFUL) + registers.QueueHead, Descriptor.Fence());
        ulong[] words = [wait.Word0, wait.Word1, wait.Word2, wait.Word3];
        for (var i = 0; i < words.Length; i++) memory.Write64(address + (ulong)i * 8, words[i]);
        Skipped++;
    }

    private void SubmitAgain()
    {
        TimeOuts++;
        if (isThere((uint)(registers.QueueError >> 32) & 0xFFFF))
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
