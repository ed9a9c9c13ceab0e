using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Commands that a fault has put into a queue besides those of its user, who must not see them in the count of the consumed.
/// </summary>
internal sealed class ExtraCommands(ICommandQueue queue)
{
    private readonly Queue<ulong> _places = new();
    private ulong _produced = queue.ConsumedTotal;
    private ulong _consumed;

    /// <summary>What the queue has consumed of its user's.</summary>
    public ulong ConsumedTotal
    {
        get
        {
            var consumed = queue.ConsumedTotal;
            while (_places.TryPeek(out var place) && place < consumed)
            {
                _places.Dequeue();
                _consumed++;
            }
            return consumed - _consumed;
        }
    }

    /// <summary>Commands of its user have gone into the ring.</summary>
    public void Passed(int commands) => _produced += (ulong)commands;

    /// <summary>Puts one in; false when there was no room.</summary>
    public bool TryProduce(ReadOnlySpan<ulong> command)
    {
        if (queue.Produce(command) == 0) return false;
        _places.Enqueue(_produced++);
        return true;
    }
}
