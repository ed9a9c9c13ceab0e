using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Faults;

/// <summary>Fault: an invalidation reaches the hardware twice. Invalidations can be repeated, so nobody may notice.</summary>
/// <param name="inner">The queue.</param>
/// <param name="set">What its commands are.</param>
/// <param name="victims">Which invalidations.</param>
public sealed class DuplicatedCommandQueue(ICommandQueue inner, CommandSet set, Victims victims) : ICommandQueue
{
    private readonly ExtraCommands _extra = new(inner);
    private long _invalidations;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    /// <summary>Commands that were issued twice.</summary>
    public long Duplicated { get; private set; }

    public ulong ConsumedTotal => _extra.ConsumedTotal;

    public int Produce(ReadOnlySpan<ulong> words)
    {
        for (var i = 0; i < words.Length; i += WordsPerCommand)
        {
            var command = words.Slice(i, WordsPerCommand);
            if (inner.Produce(command) == 0) return i;
            _extra.Passed(1);
            if (set.IsInvalidation(command) && victims.Contains(_invalidations++) && _extra.TryProduce(command)) Duplicated++;
        }
        return words.Length;
    }

    public QueueStep Step() => inner.Step();
}
