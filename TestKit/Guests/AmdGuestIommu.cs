using System.Buffers.Binary;
using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Guests;

/// <summary>
/// An AMD IOMMU: x86 tables of four levels under PASID 0 of a GCR3 table (the descriptor), which requests without a PASID go by (GIOV), one
/// domain id for each address space.
/// </summary>
/// <param name="hasQueues">Whether the vIOMMU has a register page for the guest.</param>
internal sealed class AmdGuestIommu(bool hasQueues) : X86GuestIommu
{
    private const ulong RegionMask = GuestPageTable.BlockBytes - 1;

    public override ViommuType? Viommu => ViommuType.Amd;

    public override byte[] ViommuData => hasQueues ? new byte[AmdViommu.UserDataBytes] : [];

    public override HwptDataType HwptDataType => HwptDataType.AmdGuest;

    public override InvalidateDataType InvalidateDataType => InvalidateDataType.Amd;

    // Host tables are the host's to write.
    public override (byte[] Data, Errno Errno) IllegalEntry => ([3, 2, .. new byte[30]], Errno.EINVAL);

    public override void WriteDescriptor(GuestMemory memory, GuestAddressSpace space) =>
        memory.Write64(space.Descriptor, space.Root | 1);

    public override byte[] DeviceEntry(GuestAddressSpace space)
    {
        var (bytes, descriptor) = (new byte[32], space.Descriptor);
        // V, TV, GIOV, GV, IR, IW, one level of GCR3, whose root is in three pieces; I lets the device translate.
        BinaryPrimitives.WriteUInt64LittleEndian(bytes,
            3 | (1UL << 54) | (1UL << 55) | (3UL << 61) | (((descriptor >> 12) & 7) << 58));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8),
            space.Asid | (((descriptor >> 15) & 0xFFFF) << 16) | ((descriptor >> 31) << 43) | (space.HasAts ? 1UL << 32 : 0));
        return bytes;
    }

    public override void AddPage(InvalidationArray array, GuestAddressSpace space, ulong iova, bool withLevel) =>
        AddPages(array, space, iova, 1);

    public override void AddPages(InvalidationArray array, GuestAddressSpace space, ulong iova, int pages) =>
        Add(array, Command.GuestPages(space.Asid, 0, iova, iova + ((ulong)pages << GuestMemory.PageLog2) - 1, tables: false));

    public override void AddRegion(InvalidationArray array, GuestAddressSpace space, ulong iova, bool isTable) =>
        Add(array, Command.GuestPages(space.Asid, 0, iova, iova | RegionMask, isTable));

    public override void AddSpace(InvalidationArray array, GuestAddressSpace space) =>
        Add(array, Command.GuestPages(space.Asid, 0, 0, ulong.MaxValue, tables: true));

    public override void AddAll(InvalidationArray array, GuestAddressSpace space) => Add(array, Command.All());

    // What is cached of a GCR3 entry goes with the tables that it leads to.
    public override void AddDescriptor(InvalidationArray array, GuestAddressSpace space) => AddSpace(array, space);

    public override void AddRefused(InvalidationArray array) => Add(array, Command.Wait());

    public override void AddAtc(InvalidationArray array, GuestAddressSpace space, ulong iova, int pagesLog2) =>
        Add(array, Command.Iotlb((ushort)space.StreamId, iova, iova + (1UL << (pagesLog2 + GuestMemory.PageLog2)) - 1));

    private static void Add(InvalidationArray array, Command command) => array.Add(command.Word0, command.Word1);
}
