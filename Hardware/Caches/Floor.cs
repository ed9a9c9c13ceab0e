namespace Iommu.Hardware.Caches;

/// <summary>The sequence number below which cached entries count as invalidated. It only rises.</summary>
public sealed class Floor
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public void Raise(long sequence)
    {
        var current = Volatile.Read(ref _value);
        while (current < sequence)
        {
            var seen = Interlocked.CompareExchange(ref _value, sequence, current);
            if (seen == current) return;
            current = seen;
        }
    }
}
