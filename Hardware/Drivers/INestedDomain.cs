using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>
/// A domain whose first stage is the guest's (an HWPT_NESTED). It lives on a vIOMMU, whose parent is its stage 2, or straight on its
/// parent.
/// </summary>
public interface INestedDomain : IDomain
{
    /// <summary>Null when it is straight on its parent.</summary>
    IViommuDriver? Viommu { get; }

    /// <summary>Carries out an array of guest invalidations of this domain alone; as <see cref="IViommuDriver.Invalidate"/>.</summary>
    PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum) =>
        new(Errno.EOPNOTSUPP, 0, null);
}
