using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: a device does not answer the n-th ATC_INV (counted from 0), nor one in so many from there on. Its CMD_SYNC stops the queue
/// with CERROR_ATC_INV_SYNC, and the ATC keeps what it was told to drop.
/// </summary>
public sealed class AtcTimeoutQueue : ICommandQueue
{
    private readonly CommandQueue _inner;
    private readonly long _victim;
    private readonly long _period;
    private long _invalidations;

    /// <param name="inner">The queue.</param>
    /// <param name="victim">The first ATC_INV that is not answered, counted from 0.</param>
    /// <param name="period">How many further the next one is; 0 when there is no other.</param>
    public AtcTimeoutQueue(CommandQueue inner, long victim, long period = 0)
    {
        (_inner, _victim, _period) = (inner, victim, period);
        inner.LosesAtcInvalidation = IsLost;
    }

    public string Name => _inner.Name;

    public int WordsPerCommand => _inner.WordsPerCommand;

    public ulong ConsumedTotal => _inner.ConsumedTotal;

    /// <summary>The last command that was not answered; null before the first one's turn.</summary>
    public Command? Victim { get; private set; }

    public int Produce(ReadOnlySpan<ulong> words) => _inner.Produce(words);

    public QueueStep Step() => _inner.Step();

    private bool IsLost(Command command)
    {
        var number = _invalidations++;
        if (number != _victim && (_period == 0 || number < _victim || (number - _victim) % _period != 0)) return false;
        Victim = command;
        return true;
    }
}
