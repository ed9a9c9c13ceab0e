using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// A command queue with the driver's answer to its global errors (arm-smmu-v3.c, arm_smmu_gerror_handler): a command that the hardware
/// does not know is replaced by a CMD_SYNC where it is, a CMD_SYNC that met a silent ATC is tried again, and the queue goes on.
/// </summary>
internal sealed class RecoveringQueue(ICommandQueue inner, PhysicalMemory memory, Registers registers) : ICommandQueue
{
    private const uint IllegalCommand = 1;
    private const uint AtcTimedOut = 3;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public ulong ConsumedTotal => inner.ConsumedTotal;

    /// <summary>Commands that were skipped.</summary>
    public long Skipped { get; private set; }

    /// <summary>CMD_SYNCs that were tried again.</summary>
    public long AtcTimeouts { get; private set; }

    public int Produce(ReadOnlySpan<ulong> words) => inner.Produce(words);

    public QueueStep Step()
    {
        var step = inner.Step();
        if (step != QueueStep.Stopped) return step;
        switch ((registers.CommandConsumer >> 24) & 0x7F)
        {
            case IllegalCommand: Skip(); break;
            case AtcTimedOut: AtcTimeouts++; break;
        }
        registers.Gerrorn = registers.Gerror;
        return QueueStep.Progress;
    }

    private void Skip()
    {
        var ring = registers.CommandQueueBase;
        var index = registers.CommandConsumer & ((1u << (int)(ring & 0x1F)) - 1);
        var address = Bits.InPlace(ring, 51, 5) + ((ulong)index << 4);
        var sync = Command.Sync();
        memory.Write64(address, sync.Word0);
        memory.Write64(address + 8, sync.Word1);
        Skipped++;
    }
}
