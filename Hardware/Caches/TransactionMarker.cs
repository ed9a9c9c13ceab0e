namespace Iommu.Hardware.Caches;

/// <summary>
/// Whether somebody is in the middle of using translations: odd while so, and each use takes two numbers. One thread at a time enters and
/// leaves; any thread looks.
/// </summary>
public sealed class TransactionMarker
{
    private PaddedLong _marker;

    public long Value => Volatile.Read(ref _marker.Value);

    // The fence orders the marker before every lookup: whoever does not see it has removed what it was to remove before.
    public void Enter()
    {
        Volatile.Write(ref _marker.Value, _marker.Value + 1);
        Interlocked.MemoryBarrier();
    }

    public void Leave() => Volatile.Write(ref _marker.Value, _marker.Value + 1);
}
