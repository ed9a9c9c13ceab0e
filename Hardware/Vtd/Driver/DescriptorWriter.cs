using System.Numerics;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>Collects descriptors of one batch and closes it with a wait descriptor that writes its status to memory.</summary>
internal sealed class DescriptorWriter(ICommandQueue queue, ulong statusAddress)
{
    /// <summary>QI_DONE: what the wait descriptor writes.</summary>
    public const uint Done = 2;

    private readonly List<ulong> _words = [];

    public bool IsEmpty => _words.Count == 0;

    public DescriptorWriter Add(Descriptor descriptor)
    {
        _words.AddRange([descriptor.Word0, descriptor.Word1, descriptor.Word2, descriptor.Word3]);
        return this;
    }

    public CommandBatch Close()
    {
        Add(Descriptor.Wait(statusAddress, Done));
        return new CommandBatch(queue, _words.ToArray());
    }

    /// <summary>
    /// What a change of a range asks for in the caches named (cache.c, cache_tag_flush_range): one naturally aligned power of two of
    /// pages that spans it, or the whole domain or PASID where that is larger than the unit takes. The unit's caches come before the
    /// devices', which ask it.
    /// </summary>
    /// <param name="tags">In that order.</param>
    /// <param name="isFirstStage">The range is one of first-stage addresses.</param>
    /// <param name="first">First byte.</param>
    /// <param name="last">Last byte.</param>
    /// <param name="leafOnly">No table was taken out.</param>
    /// <param name="registers">What the unit can do.</param>
    public DescriptorWriter AddRange(
        IEnumerable<VtdCacheTag> tags, bool isFirstStage, ulong first, ulong last, bool leafOnly, Registers registers)
    {
        var pagesLog2 = Math.Max(0, 64 - BitOperations.LeadingZeroCount(first ^ last) - 12);
        var fits = pagesLog2 <= registers.MaxAddressMask;
        foreach (var tag in tags)
        {
            var (id, pasid) = (tag.Id, tag.Pasid);
            Add(tag.Kind switch
            {
                VtdCacheTagKind.DeviceTlb => OfDevice(id, pasid, first, pagesLog2),
                VtdCacheTagKind.NestingDeviceTlb => OfDevice(id, pasid, 0, Descriptor.AllPages),
                _ when isFirstStage => fits
                    ? Descriptor.PasidIotlbPages((int)id, pasid, first, pagesLog2, leafOnly) : Descriptor.PasidIotlb((int)id, pasid),
                _ => fits ? Descriptor.IotlbPages((int)id, first, pagesLog2, leafOnly) : Descriptor.IotlbOfDomain((int)id),
            });
        }
        return this;
    }

    /// <summary>PASID 0 stands for requests without one, and so for the device TLB without PASID.</summary>
    public static Descriptor OfDevice(uint sourceId, uint pasid, ulong address, int pagesLog2) => pasid == 0
        ? Descriptor.DeviceTlb(sourceId, address, pagesLog2) : Descriptor.PasidDeviceTlb(sourceId, pasid, address, pagesLog2);
}
