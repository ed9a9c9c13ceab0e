using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// An invalidation queue with the driver's answer to its errors (dmar.c, qi_check_fault): a descriptor that the unit does not know is
/// replaced by a wait descriptor where it is; a time-out is cleared, since a device that does not answer is taken to be gone and is not
/// asked again. The queue goes on.
/// </summary>
internal sealed class RecoveringQueue(ICommandQueue inner, PhysicalMemory memory, Registers registers) : ICommandQueue
{
    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public ulong ConsumedTotal => inner.ConsumedTotal;

    /// <summary>Descriptors that were skipped.</summary>
    public long Skipped { get; private set; }

    /// <summary>Wait descriptors that were aborted because a device did not complete an invalidation.</summary>
    public long TimeOuts { get; private set; }

    public int Produce(ReadOnlySpan<ulong> words) => inner.Produce(words);

    public QueueStep Step()
    {
        var step = inner.Step();
        if (step != QueueStep.Stopped) return step;
        var status = registers.FaultStatus & (FaultStatus.QueueError | FaultStatus.TimeOut);
        if (status.HasFlag(FaultStatus.QueueError)) Skip();
        if (status.HasFlag(FaultStatus.TimeOut)) TimeOuts++;
        registers.ClearStatus(status);
        return QueueStep.Progress;
    }

    private void Skip()
    {
        var (address, wait) = ((registers.QueueAddress & ~0xFFFUL) + registers.QueueHead, Descriptor.Fence());
        ulong[] words = [wait.Word0, wait.Word1, wait.Word2, wait.Word3];
        for (var i = 0; i < words.Length; i++) memory.Write64(address + (ulong)i * 8, words[i]);
        Skipped++;
    }
}
