using System.Buffers.Binary;
using Iommu.Hardware;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Guests;

/// <summary>An SMMUv3: stage-1 tables of 4 KiB granule (ARM DDI 0487, D8.3), context descriptors, TLBI and ATC_INV.</summary>
internal class Smmuv3GuestIommu : GuestIommu
{
    private const int GranuleLog2 = GuestMemory.PageLog2;
    private const ulong Valid = 1;
    private const ulong TableOrPage = 2;
    private const ulong AddressMask = 0x0000_FFFF_FFFF_F000;

    public override ViommuType? Viommu => ViommuType.ArmSmmuv3;

    public override HwptDataType HwptDataType => HwptDataType.ArmSmmuv3;

    public override InvalidateDataType InvalidateDataType => InvalidateDataType.ArmSmmuv3;

    // Config = nested is the host's to write.
    public override (byte[] Data, Errno Errno) IllegalEntry => ([0x0F, .. new byte[15]], Errno.EIO);

    public override ulong Page(ulong ipa, Access access) => Block(ipa, access) | TableOrPage;

    public override ulong Block(ulong ipa, Access access) => (ipa & AddressMask) | Valid | Attributes(access);

    public override ulong Table(ulong ipa) => ipa | Valid | TableOrPage;

    public override void WriteDescriptor(GuestMemory memory, GuestAddressSpace space)
    {
        // T0SZ 16, 4 KiB, cacheable, inner shareable, no TTB1, valid, 44-bit IPAs, AArch64, faults recorded, ASET.
        memory.Write64(space.Descriptor + 8, space.Root);
        memory.Write64(space.Descriptor + 24, 0x0000_0000_0004_FF44);
        memory.Write64(space.Descriptor, 16 | (1UL << 8) | (1UL << 10) | (3UL << 12) | (1UL << 30) | (1UL << 31)
            | (4UL << 32) | (1UL << 41) | (1UL << 45) | (1UL << 46) | (1UL << 47) | ((ulong)space.Asid << 48));
    }

    public override byte[] DeviceEntry(GuestAddressSpace space)
    {
        var bytes = new byte[16];
        // V, Config = stage 1; cacheable fetches as Linux sets them; EATS = 1 lets the device translate.
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, 1UL | (5UL << 1) | space.Descriptor);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), 0xd4 | (space.HasAts ? 1UL << 28 : 0));
        return bytes;
    }

    public override void AddPage(InvalidationArray array, GuestAddressSpace space, ulong iova, bool withLevel)
    {
        var command = Command.NhVa(0, space.Asid, iova, leaf: true);
        array.Add(withLevel ? command.WithRange(0, 0, GranuleLog2, ttl: 3) : command);
    }

    public override void AddPages(InvalidationArray array, GuestAddressSpace space, ulong iova, int pages) =>
        array.Add(Command.NhVa(0, space.Asid, iova, leaf: true).WithRange(pages - 1, 0, GranuleLog2, ttl: 3));

    // (31 + 1) << 4 granules are 2 MiB; entries below a table that went need the walk caches too.
    public override void AddRegion(InvalidationArray array, GuestAddressSpace space, ulong iova, bool isTable) =>
        array.Add(Command.NhVa(0, space.Asid, iova, leaf: !isTable).WithRange(31, 4, GranuleLog2));

    public override void AddSpace(InvalidationArray array, GuestAddressSpace space) => array.Add(Command.NhAsid(0, space.Asid));

    public override void AddAll(InvalidationArray array, GuestAddressSpace space) => array.Add(Command.NhAll(0));

    public override void AddDescriptor(InvalidationArray array, GuestAddressSpace space) =>
        array.Add(Command.CfgiCd(space.StreamId));

    public override void AddRefused(InvalidationArray array) => array.Add(Command.Sync());

    public override void AddAtc(InvalidationArray array, GuestAddressSpace space, ulong iova, int pagesLog2) =>
        array.Add(Command.AtcInv(space.StreamId, iova, pagesLog2));

    // Memory attribute index 1, unprivileged, inner shareable, accessed, not global, never executed; AP[2] takes writing away.
    private static ulong Attributes(Access access) =>
        (1UL << 2) | (1UL << 6) | (3UL << 8) | (1UL << 10) | (1UL << 11) | (3UL << 53) | (access.HasFlag(Access.Write) ? 0 : 1UL << 7);
}
