using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>What the SMMU caches of one stream's configuration, and the ATC of the device behind it.</summary>
internal sealed class StreamContext(uint sid)
{
    private CachedConfig? _config;
    private StreamTableEntry? _entry;

    public uint StreamId { get; } = sid;

    public Atc Atc { get; } = new();

    public CachedConfig? Config => Volatile.Read(ref _config);

    public StreamTableEntry? Entry => Volatile.Read(ref _entry);

    /// <summary>Keeps an entry unless an invalidation overtook its fetch.</summary>
    public void Keep(StreamTableEntry entry, InvalidationLog log, long since)
    {
        Interlocked.Exchange(ref _entry, entry);
        if (log.MayCoverStream(StreamId, since)) Interlocked.CompareExchange(ref _entry, null, entry);
    }

    public void Keep(CachedConfig config, InvalidationLog log, long since)
    {
        Interlocked.Exchange(ref _config, config);
        if (log.MayCoverStream(StreamId, since)) Interlocked.CompareExchange(ref _config, null, config);
    }

    public void ForgetEntry()
    {
        Volatile.Write(ref _entry, null);
        Volatile.Write(ref _config, null);
    }

    public void ForgetDescriptor() => Volatile.Write(ref _config, null);
}
