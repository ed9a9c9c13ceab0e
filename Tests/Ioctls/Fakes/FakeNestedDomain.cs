using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Ioctls.Fakes;

/// <summary>A guest's first stage, on a vIOMMU or straight on its parent; on a parent it can be invalidated.</summary>
internal sealed class FakeNestedDomain : INestedDomain
{
    private readonly FakeIommu _iommu;
    private readonly FakeViommu? _viommu;

    public FakeNestedDomain(FakeIommu iommu, FakeViommu? viommu)
    {
        (_iommu, _viommu) = (iommu, viommu);
        iommu.Made();
    }

    public IIommuDriver Iommu => _iommu;

    public IViommuDriver? Viommu => _viommu;

    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum) =>
        _viommu is null ? Convert(_iommu, dataType, entries, entryLength, entryNum) : new(Errno.EOPNOTSUPP, 0, null);

    public IEnumerable<CommandBatch> Free() => _iommu.Freed();

    /// <summary>An entry whose first byte is 0xff is refused; without entries the type is what is asked.</summary>
    public static PreparedInvalidation Convert(
        FakeIommu iommu, InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        if (dataType != FakeIommu.InvalidateData) return new(Errno.EINVAL, 0, null);
        var handled = 0;
        while (handled < entryNum && entries[handled * entryLength] != 0xff) handled++;
        return new(handled == entryNum ? Errno.None : Errno.EIO, handled, handled == 0 ? null : iommu.Batch(handled));
    }
}
