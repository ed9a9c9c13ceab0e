using System.Runtime.InteropServices;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// A guest's first stage on a nest parent (nested.c): straight on it, or on a vIOMMU of a direct queue. It has a domain id of its own,
/// so that its translations are nobody else's.
/// </summary>
public sealed class VtdNestedDomain : INestedDomain
{
    private const int EntryBytes = 24;
    private const uint LeafFlag = 1;

    private readonly VtdDriver _driver;
    private readonly VtdViommu? _viommu;

    internal VtdNestedDomain(VtdDriver driver, VtdPagingDomain parent, GuestFirstStage first, int domainId, VtdViommu? viommu) =>
        (_driver, ParentDomain, First, DomainId, _viommu) = (driver, parent, first, domainId, viommu);

    public IIommuDriver Iommu => _driver;

    public IViommuDriver? Viommu => _viommu;

    public GuestFirstStage First { get; }

    public int DomainId { get; }

    internal VtdPagingDomain ParentDomain { get; }

    internal CacheTagSet<VtdCacheTag> Tags { get; } = new(VtdCacheTag.UnitFirst);

    /// <summary>
    /// Entries of struct iommu_hwpt_vtd_s1_invalidate (intel_nested_cache_invalidate_user). EINVAL another type or length, an
    /// address that is not that of a page, or one with npages = all; EOPNOTSUPP an unknown flag, a reserved field. What comes before the
    /// entry refused is issued.
    /// </summary>
    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        if (dataType != InvalidateDataType.VtdS1) return new(Errno.EINVAL, 0, null);
        var tags = Tags.Read();
        var writer = _driver.Writer();
        var (errno, handled) = (Errno.None, 0);
        for (; handled < entryNum; handled++)
        {
            var entry = entries.Slice(handled * entryLength, entryLength);
            errno = Check(entry, out var parsed);
            if (errno != Errno.None) break;
            // The length wraps in 64 bits, as the kernel's does.
            var last = parsed.Addr + (parsed.Npages << 12) - 1;
            writer.AddRange(tags, true, parsed.Addr, last, (parsed.Flags & LeafFlag) != 0, _driver.Registers);
        }
        return new(errno, handled, writer.IsEmpty ? null : writer.Close());
    }

    public IEnumerable<CommandBatch> Free()
    {
        // The guest's queue reaches it no more before its domain id can be another's (I10).
        _viommu?.Forget(DomainId);
        yield return _driver.Writer().Add(Descriptor.IotlbOfDomain(DomainId)).Close();
        _driver.FreeDomainId(DomainId);
    }

    private static Errno Check(ReadOnlySpan<byte> entry, out IommuHwptVtdS1Invalidate parsed)
    {
        parsed = default;
        if (entry.Length != EntryBytes) return Errno.EINVAL;
        parsed = MemoryMarshal.Read<IommuHwptVtdS1Invalidate>(entry);
        if ((parsed.Flags & ~LeafFlag) != 0 || parsed.Reserved != 0) return Errno.EOPNOTSUPP;
        return (parsed.Addr & 0xFFF) != 0 || (parsed.Npages == ulong.MaxValue && parsed.Addr != 0) ? Errno.EINVAL : Errno.None;
    }
}
