using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>Regions that vIOMMUs offer to mmap(), and the mappings of them (main.c, driver.c).</summary>
internal sealed partial class IommufdModel
{
    /// <summary>The lowest room in the offsets, above the first page.</summary>
    private ulong AllocMmap(ulong lengthBytes)
    {
        var taken = Ranges.Join(Regions().Select(region => new IovaRange(region.MmapOffset, region.MmapOffset + region.MmapBytes - 1)));
        return Ranges.Holes(taken, ModelState.PageBytes, ulong.MaxValue).First(hole => hole.Last - hole.Start >= lengthBytes - 1).Start;
    }

    private IEnumerable<ViommuObject> Regions() => State.Objects.Values.OfType<ViommuObject>().Where(viommu => viommu.MmapBytes > 0);

    private Answer Mmap(Mmap call)
    {
        if (call.LengthBytes == 0 || ((call.Offset | call.LengthBytes) & (ModelState.PageBytes - 1)) != 0
            || !call.Shared) return Errno.EINVAL;
        if (call.Executable) return Errno.EPERM;
        foreach (var (id, value) in State.Objects)
        {
            if (value is not ViommuObject viommu || viommu.MmapBytes == 0 || State.Leaving.Contains(id)) continue;
            if (viommu.MmapOffset != call.Offset || viommu.MmapBytes != call.LengthBytes) continue;
            Set(new ObjectId(id), viommu with { Mappings = viommu.Mappings + 1 });
            return Answer.Success;
        }
        return Errno.ENXIO;
    }

    private Answer Munmap(ulong offset) => ChangeMappings(offset, -1);

    private Answer DuplicateMmap(ulong offset) => ChangeMappings(offset, +1);

    private Answer ChangeMappings(ulong offset, int change)
    {
        foreach (var (id, value) in State.Objects)
        {
            if (value is not ViommuObject { Mappings: > 0 } viommu || viommu.MmapOffset != offset) continue;
            Set(new ObjectId(id), viommu with { Mappings = viommu.Mappings + change });
            return Answer.Success;
        }
        return Errno.EINVAL;
    }
}
