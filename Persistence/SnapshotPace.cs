namespace Iommu.Persistence;

/// <summary>
/// When a stream is due for a snapshot: the larger its state, the more events apart, so that snapshots cost a fixed share of the
/// writes and recovery reads at most a few times what is there.
/// </summary>
public sealed class SnapshotPace
{
    private const int EventsMin = 1000;

    private int _events;

    /// <summary>Counts one event. True when a snapshot is due after it.</summary>
    /// <param name="stateCount">Items that a snapshot of the state would hold.</param>
    public bool Due(int stateCount)
    {
        if (++_events < EventsMin + 2 * stateCount) return false;
        _events = 0;
        return true;
    }
}
