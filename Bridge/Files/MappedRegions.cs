using Iommu.Actors.Uapi;
using Iommu.Bridge.Memory;
using Iommu.Bridge.Native;
using Iommu.Hardware.Memory;

namespace Iommu.Bridge.Files;

/// <summary>The regions that programs have mapped of one open file. Any thread may call it.</summary>
/// <param name="file">The file: a mapping keeps it, and the owner of its region.</param>
/// <param name="memory">The machine's.</param>
internal sealed class MappedRegions(IommufdFile file, PhysicalMemory memory)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<ulong, MappedRegion> _regions = [];

    public bool Any { get { lock (_regions) return _regions.Count > 0; } }

    /// <summary>A mapping is there. What a program maps for it.</summary>
    public Descriptor Add(ulong offset, ulong physical, ulong lengthBytes)
    {
        lock (_regions)
        {
            if (!_regions.TryGetValue(offset, out var region))
                _regions[offset] = region = new MappedRegion(memory, physical, lengthBytes);
            var opened = region.Open();
            region.Mappings++;
            return opened;
        }
    }

    public void Exchange()
    {
        lock (_regions)
            foreach (var region in _regions.Values) region.Exchange();
    }

    /// <summary>Takes notice of those that no program has mapped any more.</summary>
    public async Task EndUnmappedAsync()
    {
        await _turn.WaitAsync();
        try
        {
            foreach (var (offset, mappings) in RemoveUnmapped())
                for (var i = 0; i < mappings; i++) await file.MunmapAsync(offset);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The file is closed; what is still mapped keeps it until it is not. Nobody is told when a program unmaps.</summary>
    public async Task EndAllAsync()
    {
        while (Any)
        {
            await Task.Delay(LookAgain);
            await EndUnmappedAsync();
        }
    }

    private List<(ulong Offset, int Mappings)> RemoveUnmapped()
    {
        var ended = new List<(ulong, int)>();
        lock (_regions)
        {
            foreach (var (offset, region) in _regions.Where(pair => !pair.Value.IsMapped).ToList())
            {
                ended.Add((offset, region.Mappings));
                region.Exchange();
                region.Dispose();
                _regions.Remove(offset);
            }
        }
        return ended;
    }
}
