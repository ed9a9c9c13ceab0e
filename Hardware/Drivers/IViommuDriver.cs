using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>
/// The driver half of a vIOMMU (struct iommufd_viommu_ops). One caller at a time; lookups that attach makes from other
/// threads see a virtual device either whole or not at all.
/// </summary>
public interface IViommuDriver
{
    IIommuDriver Iommu { get; }

    IPagingDomain Parent { get; }

    /// <summary>A domain whose first stage is the guest's tables, described by the user data.</summary>
    /// <returns>EOPNOTSUPP for a data type that is not the variant's; EINVAL for a wrong length; EIO for a bad entry.</returns>
    Result<INestedDomain> AllocNested(HwptDataType dataType, ReadOnlyMemory<byte> userData);

    /// <summary>Makes a device known to the guest's IOMMU by its virtual id. Removed by <see cref="RemoveVdevice"/>.</summary>
    /// <returns>EEXIST when the virtual id is taken; the variant's own errnos.</returns>
    Errno AddVdevice(PhysicalDevice device, ulong virtualId);

    void RemoveVdevice(ulong virtualId);

    /// <summary>
    /// Turns an array of guest invalidations into host commands: tags and ids replaced, a synchronization after each full
    /// hardware batch and at the end. Conversion ends at the first entry that is refused; those before it are in the batch.
    /// </summary>
    /// <param name="dataType">The layout of an entry.</param>
    /// <param name="entries">The array, <paramref name="entryNum"/> entries of <paramref name="entryLength"/> bytes.</param>
    /// <param name="entryLength">
    /// Bytes from one entry to the next; what a longer entry has beyond the known layout must be zero (E2BIG).
    /// </param>
    /// <param name="entryNum">Number of entries; 0 asks whether the type is supported.</param>
    PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum);

    /// <summary>Flushes the tags of this vIOMMU and gives them back. Only when no nested domain and no virtual device is left.</summary>
    IEnumerable<CommandBatch> Free();
}

/// <summary>What an invalidation array came to before any command was issued.</summary>
/// <param name="Errno">0, or why conversion stopped.</param>
/// <param name="Handled">Entries that are in the batch: all, or those before the refused one.</param>
/// <param name="Batch">The commands to issue; null when there is none.</param>
public readonly record struct PreparedInvalidation(Errno Errno, int Handled, CommandBatch? Batch);
