namespace Iommu.Hardware.Amd;

/// <summary>Whether somebody is in the middle of using translations: odd while so, and each use takes two numbers.</summary>
internal sealed class TransactionMarker
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    // The fence orders the marker before every lookup: whoever does not see it has removed what it was to remove before.
    public void Enter()
    {
        Volatile.Write(ref _value, _value + 1);
        Interlocked.MemoryBarrier();
    }

    public void Leave() => Volatile.Write(ref _value, _value + 1);
}
