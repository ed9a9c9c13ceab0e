using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault, of real hardware (T264-SMMU-3, in the reading of the kernel's workaround): a TLBI or CFGI is carried out only when it is
/// issued again after a CMD_SYNC. Until then its place in the ring is taken by a prefetch hint.
/// </summary>
/// <param name="inner">The queue.</param>
/// <param name="from">The first invalidation that is lost unless it is repeated, counted from 0.</param>
public sealed class RepeatTlbiQueue(ICommandQueue inner, long from = 0) : ICommandQueue
{
    private readonly HashSet<Command> _issuedOnce = [];
    private readonly HashSet<Command> _synchronized = [];
    private long _invalidations;

    public string Name => inner.Name;

    public int WordsPerCommand => inner.WordsPerCommand;

    public ulong ConsumedTotal => inner.ConsumedTotal;

    public int Produce(ReadOnlySpan<ulong> words)
    {
        for (var i = 0; i < words.Length; i += WordsPerCommand)
        {
            var command = new Command(words[i], words[i + 1]);
            var isLost = IsConcerned(command) && _invalidations >= from && !_synchronized.Contains(command);
            ReadOnlySpan<ulong> place = isLost ? [(ulong)Opcode.PrefetchConfig, 0] : words.Slice(i, WordsPerCommand);
            if (inner.Produce(place) == 0) return i;
            Note(command, isLost);
        }
        return words.Length;
    }

    public QueueStep Step() => inner.Step();

    private void Note(Command command, bool isLost)
    {
        if (command.Opcode == Opcode.Sync)
        {
            _synchronized.UnionWith(_issuedOnce);
            _issuedOnce.Clear();
        }
        if (!IsConcerned(command)) return;
        _invalidations++;
        if (isLost) _issuedOnce.Add(command);
        else _synchronized.Remove(command);
    }

    private static bool IsConcerned(Command command) => command.Opcode is >= Opcode.CfgiSte and < Opcode.AtcInv;
}
