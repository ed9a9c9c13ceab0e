using Iommu.Hardware.Caches;
using Iommu.Hardware.Smmuv3.Caches;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>What the SMMU caches of the configuration of one substream of a stream, or of its transactions without one.</summary>
internal sealed class ConfigSlot(StreamContext stream, uint? substream)
{
    private CachedConfig? _config;

    public StreamContext Stream => stream;

    public uint? Substream => substream;

    public CachedConfig? Config => Volatile.Read(ref _config);

    /// <summary>Keeps a configuration unless an invalidation overtook its fetch.</summary>
    public void Keep(CachedConfig config, InvalidationLog<Command> log, long since)
    {
        Interlocked.Exchange(ref _config, config);
        if (log.MayCover(stream.StreamId, since, InvalidationScope.CoversStream)) Interlocked.CompareExchange(ref _config, null, config);
    }

    public void Forget() => Volatile.Write(ref _config, null);
}
