using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Guests;

/// <summary>
/// What a synthetic guest's driver writes for the IOMMU that it has - table entries, descriptors, invalidations - and what its VMM passes
/// on to iommufd. Tables have four levels of 512 entries, pages of 4 KiB and 2 MiB.
/// </summary>
public abstract class GuestIommu
{
    public static readonly GuestIommu Smmuv3 = new Smmuv3GuestIommu();

    /// <summary>The vIOMMU that the VMM allocates; null where nested HWPTs are straight on the nest parent.</summary>
    public abstract ViommuType? Viommu { get; }

    /// <summary>
    /// User data of the vIOMMU's allocation. Where there is any, its first two 64-bit words come back as the offset, for mmap(), and the
    /// length of the vIOMMU's register page.
    /// </summary>
    public virtual byte[] ViommuData => [];

    /// <summary>A vIOMMU that its VMM can allocate besides, and destroy; null for none.</summary>
    public virtual (ViommuType Type, byte[] Data)? SpareViommu => Viommu is { } type ? (type, ViommuData) : null;

    /// <summary>Of the nested HWPTs.</summary>
    public abstract HwptDataType HwptDataType { get; }

    /// <summary>Of the invalidation arrays.</summary>
    public abstract InvalidateDataType InvalidateDataType { get; }

    /// <summary>Length of an entry of an invalidation array.</summary>
    public virtual int EntryBytes => InvalidationArray.DefaultEntryBytes;

    /// <summary>Invalidation arrays go to the nested HWPT of the address space, and not to the vIOMMU.</summary>
    public virtual bool InvalidatesNested => Viommu is null;

    /// <summary>
    /// Whether a device's own cache is the guest's to invalidate, after the IOMMU's; else whoever carries the array out does both.
    /// </summary>
    public virtual bool InvalidatesAtc => true;

    /// <summary>Whether a device must have a vDEVICE on the vIOMMU before a nested HWPT can be attached to it: else ENOENT.</summary>
    public virtual bool NestedNeedsVdevice => Viommu is not null;

    /// <summary>User data of a nested HWPT that is refused, and with which errno.</summary>
    public abstract (byte[] Data, Errno Errno) IllegalEntry { get; }

    /// <summary>The errno of an array with an entry of <see cref="AddRefused"/>.</summary>
    public virtual Errno RefusedErrno => Errno.EIO;

    /// <summary>Which address space of a device the guest uses; 0 is the device's own.</summary>
    /// <param name="index">Which of its devices.</param>
    /// <param name="hasAts">Whether that has a translation cache.</param>
    public virtual uint PasidOf(int index, bool hasAts) => 0;

    /// <summary>An entry of the last level.</summary>
    public abstract ulong Page(ulong ipa, Access access);

    /// <summary>An entry one level up that maps 2 MiB.</summary>
    public abstract ulong Block(ulong ipa, Access access);

    /// <summary>An entry that points to a table.</summary>
    public abstract ulong Table(ulong ipa);

    /// <summary>The table that an entry points to; by default in bits 47:12.</summary>
    public virtual ulong TableOf(ulong entry) => entry & 0x0000_FFFF_FFFF_F000;

    /// <summary>Writes what leads to the tables of an address space, where hardware reads such a thing from the guest's memory.</summary>
    public abstract void WriteDescriptor(GuestMemory memory, GuestAddressSpace space);

    /// <summary>User data of the nested HWPT of an address space: the guest's entry for the device.</summary>
    public abstract byte[] DeviceEntry(GuestAddressSpace space);

    /// <summary>One page; with its level where the architecture has such hints.</summary>
    public abstract void AddPage(InvalidationArray array, GuestAddressSpace space, ulong iova, bool withLevel);

    /// <summary>Consecutive pages, a power of two, naturally aligned.</summary>
    public abstract void AddPages(InvalidationArray array, GuestAddressSpace space, ulong iova, int pages);

    /// <summary>The 2 MiB of a region, and where it was a table what is cached of pointers to it.</summary>
    public abstract void AddRegion(InvalidationArray array, GuestAddressSpace space, ulong iova, bool isTable);

    /// <summary>Everything of an address space.</summary>
    public abstract void AddSpace(InvalidationArray array, GuestAddressSpace space);

    /// <summary>Everything of the guest, as far as an array that is about this address space can reach it.</summary>
    public abstract void AddAll(InvalidationArray array, GuestAddressSpace space);

    /// <summary>What is cached of the descriptor; nothing where there is none.</summary>
    public abstract void AddDescriptor(InvalidationArray array, GuestAddressSpace space);

    /// <summary>An entry that is refused with <see cref="RefusedErrno"/>.</summary>
    public abstract void AddRefused(InvalidationArray array);

    /// <summary>2^<paramref name="pagesLog2"/> pages of the device's own cache; only where <see cref="InvalidatesAtc"/>.</summary>
    public abstract void AddAtc(InvalidationArray array, GuestAddressSpace space, ulong iova, int pagesLog2);
}
