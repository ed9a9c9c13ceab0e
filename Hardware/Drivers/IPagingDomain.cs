using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Hardware.Drivers;

/// <summary>
/// A domain whose tables the host writes (an HWPT_PAGING): stage 1 of the host, or stage 2 when it is a nest parent.
/// One caller at a time maps and unmaps; attaches and translations go on meanwhile on other threads.
/// </summary>
public interface IPagingDomain : IDomain
{
    bool IsNestParent { get; }

    /// <summary>Page sizes that the tables can hold, a bit each: 4 KiB is bit 12.</summary>
    ulong PageSizes { get; }

    /// <summary>The first IOVA that the tables can translate.</summary>
    ulong ApertureFirst => 0;

    /// <summary>The last IOVA that the tables can translate.</summary>
    ulong ApertureLast { get; }

    /// <summary>Whether no-snoop of devices is ignored, so that caches stay coherent whatever they do.</summary>
    bool EnforcesCoherency => false;

    /// <summary>Its dirty bits; null when it was not allocated for them.</summary>
    IDirtyTracker? Dirty => null;

    /// <summary>Maps physically contiguous memory, in the largest pages that fit.</summary>
    /// <returns>ENOMEM when no table can be had (what was mapped until then stays: unmap it), EEXIST, EINVAL, ERANGE.</returns>
    Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access);

    /// <summary>Removes mappings. Cached translations stay until the batches of <see cref="Flush"/> are done.</summary>
    /// <returns>Bytes that were mapped and are not any more.</returns>
    ulong Unmap(ulong iova, ulong lengthBytes);

    /// <summary>The invalidations that an unmap of this range asks for, on every IOMMU, tag and ATC that may hold it.</summary>
    IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes);

    /// <summary>What the tables say now, without any cache: the physical address, or null where nothing is mapped.</summary>
    ulong? Lookup(ulong iova);
}
