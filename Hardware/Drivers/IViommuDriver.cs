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

    /// <summary>The user data of its allocation as it is written back to the caller; empty when it is not.</summary>
    ReadOnlyMemory<byte> UserDataBack => default;

    /// <summary>
    /// Whether a part of the hardware is the guest's own while the vIOMMU is there: registers that it has mapped, rings that it writes.
    /// When the core has failed, the vIOMMU of the same <see cref="IViommuServices.Identity"/> takes it over as it is.
    /// </summary>
    bool HasInterface => false;

    /// <summary>A domain whose first stage is the guest's tables, described by the user data.</summary>
    /// <returns>EOPNOTSUPP for a flag or a data type that is not the variant's; EINVAL for a wrong length; EIO for a bad entry.</returns>
    Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data);

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

    /// <summary>Whether it has hardware queues of a type. Asked before the ring is looked at.</summary>
    bool SupportsHwQueue(HwQueueType type) => false;

    /// <summary>Has hardware drain a ring in guest memory.</summary>
    /// <param name="type">Which kind.</param>
    /// <param name="index">Which of this vIOMMU's queues.</param>
    /// <param name="iova">Where the ring is for the guest: an address of the parent.</param>
    /// <param name="physical">Where it is: contiguous, and pinned until the queue is freed.</param>
    /// <param name="lengthBytes">Its length.</param>
    /// <returns>EINVAL index or length, EEXIST index in use, EIO the one below not in use; the variant's own.</returns>
    Result<IHwQueueDriver> InitHwQueue(HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes) =>
        Errno.EOPNOTSUPP;

    /// <summary>
    /// Called once for a vIOMMU that the core has brought back, when everything on it is there again and its devices are attached. What
    /// hardware did for it before the crash goes on from here: a queue with a ring that it had then, from where the hardware was in it.
    /// </summary>
    void Recovered()
    {
    }

    /// <summary>Flushes the tags of this vIOMMU and gives them back. Only when no nested domain and no virtual device is left.</summary>
    IEnumerable<CommandBatch> Free();
}

/// <summary>What an invalidation array came to before any command was issued.</summary>
/// <param name="Errno">0, or why conversion stopped.</param>
/// <param name="Handled">Entries that are in the batch: all, or those before the refused one.</param>
/// <param name="Batch">The commands to issue; null when there is none.</param>
public readonly record struct PreparedInvalidation(Errno Errno, int Handled, CommandBatch? Batch);
