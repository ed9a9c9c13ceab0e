using System.Collections.Concurrent;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>
/// What the SMMU caches of one stream's configuration, and of the device behind it the ATC and the answers to its page requests.
/// </summary>
internal sealed class StreamContext
{
    private readonly ConfigSlot _whole;
    private readonly ConcurrentDictionary<uint, ConfigSlot> _substreams = new();
    private StreamTableEntry? _entry;

    public StreamContext(uint sid)
    {
        StreamId = sid;
        _whole = new ConfigSlot(this, null);
    }

    public uint StreamId { get; }

    public Atc Atc { get; } = new();

    public ConcurrentQueue<PageResponse> PageResponses { get; } = new();

    public StreamTableEntry? Entry => Volatile.Read(ref _entry);

    /// <summary>Of a substream, or of transactions without one.</summary>
    public ConfigSlot SlotOf(uint? substream) =>
        substream is { } ssid ? _substreams.GetOrAdd(ssid, (key, stream) => new ConfigSlot(stream, key), this) : _whole;

    /// <summary>Keeps an entry unless an invalidation overtook its fetch.</summary>
    public void Keep(StreamTableEntry entry, InvalidationLog<Command> log, long since)
    {
        Interlocked.Exchange(ref _entry, entry);
        if (log.MayCover(StreamId, since, InvalidationScope.CoversStream)) Interlocked.CompareExchange(ref _entry, null, entry);
    }

    public void ForgetEntry()
    {
        Volatile.Write(ref _entry, null);
        ForgetDescriptors();
    }

    public void ForgetDescriptors()
    {
        _whole.Forget();
        foreach (var (_, slot) in _substreams) slot.Forget();
    }

    /// <summary>Transactions without a substream may use the descriptor of substream 0.</summary>
    public void ForgetDescriptor(uint substream)
    {
        if (substream == 0) _whole.Forget();
        if (_substreams.TryGetValue(substream, out var slot)) slot.Forget();
    }
}
