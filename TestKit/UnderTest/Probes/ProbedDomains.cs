using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>A paging domain whose calls a probe is told.</summary>
internal sealed class ProbedPagingDomain : IPagingDomain
{
    private readonly DriverProbe _probe;

    public ProbedPagingDomain(IIommuDriver driver, IPagingDomain inner, PhysicalDevice device, DriverProbe probe)
    {
        (Iommu, Inner, _probe) = (driver, inner, probe);
        probe.Made(this, $"the {ProbedDriver.NameOf(inner)} allocated for {device.Name}");
    }

    public IPagingDomain Inner { get; }

    public IIommuDriver Iommu { get; }

    public bool IsNestParent => Inner.IsNestParent;

    public ulong PageSizes => Inner.PageSizes;

    public ulong ApertureFirst => Inner.ApertureFirst;

    public ulong ApertureLast => Inner.ApertureLast;

    public bool EnforcesCoherency => Inner.EnforcesCoherency;

    public IDirtyTracker? Dirty => Inner.Dirty;

    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access)
    {
        var errno = Inner.Map(iova, physical, lengthBytes, access);
        _probe.Note(nameof(Map), null, $"0x{iova:x} to 0x{physical:x}, length 0x{lengthBytes:x}, {access}", errno);
        return errno;
    }

    public ulong Unmap(ulong iova, ulong lengthBytes)
    {
        var unmapped = Inner.Unmap(iova, lengthBytes);
        _probe.Note(nameof(Unmap), null, $"0x{iova:x}, length 0x{lengthBytes:x}");
        return unmapped;
    }

    public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes)
    {
        _probe.Note(nameof(Flush), null, $"0x{iova:x}, length 0x{lengthBytes:x}");
        return Inner.Flush(iova, lengthBytes);
    }

    public ulong? Lookup(ulong iova) => Inner.Lookup(iova);

    public IEnumerable<CommandBatch> Free()
    {
        _probe.Note(nameof(Free), null, ProbedDriver.NameOf(this));
        _probe.Freed(this);
        return Inner.Free();
    }
}

/// <summary>A nested domain whose calls a probe is told.</summary>
internal sealed class ProbedNestedDomain : INestedDomain
{
    private readonly DriverProbe _probe;

    public ProbedNestedDomain(IIommuDriver driver, IViommuDriver? viommu, INestedDomain inner, DriverProbe probe)
    {
        (Iommu, Viommu, Inner, _probe) = (driver, viommu, inner, probe);
        probe.Made(this, "a nested domain");
    }

    public INestedDomain Inner { get; }

    public IIommuDriver Iommu { get; }

    public IViommuDriver? Viommu { get; }

    public PreparedInvalidation Invalidate(
        InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        var prepared = Inner.Invalidate(dataType, entries, entryLength, entryNum);
        _probe.Note(nameof(Invalidate), null, $"{entryNum} entries, {prepared.Handled} handled", prepared.Errno);
        return prepared;
    }

    public IEnumerable<CommandBatch> Free()
    {
        _probe.Note(nameof(Free), null, ProbedDriver.NameOf(this));
        _probe.Freed(this);
        return Inner.Free();
    }
}
