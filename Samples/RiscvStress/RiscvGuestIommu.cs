using System.Buffers.Binary;
using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;
using RiscvIommu;
using RiscvIommu.Driver;
using RiscvIommu.Formats;

namespace RiscvStress;

/// <summary>A guest's driver of a RISC-V IOMMU: Sv48 tables, a PSCID for each address space; the device context leads to both.</summary>
public sealed class RiscvGuestIommu : GuestIommu
{
    public override ViommuType? Viommu => RiscvTypes.Viommu;

    public override HwptDataType HwptDataType => RiscvTypes.Hwpt;

    public override InvalidateDataType InvalidateDataType => RiscvTypes.Invalidate;

    // A first-stage mode that there is not.
    public override (byte[] Data, Errno Errno) IllegalEntry => (Context(DeviceContext.Valid, 0, 5UL << 60), Errno.EIO);

    public override bool InvalidatesAtc => false;

    public override ulong Page(ulong ipa, Access access) => Pte.Leaf(ipa, access, clean: false);

    public override ulong Block(ulong ipa, Access access) => Pte.Leaf(ipa, access, clean: false);

    public override ulong Table(ulong ipa) => Pte.Table(ipa);

    public override ulong TableOf(ulong entry) => Pte.AddressOf(entry);

    public override void WriteDescriptor(GuestMemory memory, GuestAddressSpace space)
    {
    }

    public override byte[] DeviceEntry(GuestAddressSpace space) => Context(
        DeviceContext.Valid, DeviceContext.Attributes(space.Asid), DeviceContext.First(DeviceContext.Sv48, space.Root));

    public override void AddPage(InvalidationArray array, GuestAddressSpace space, ulong iova, bool withLevel) =>
        AddPages(array, space, iova, 1);

    public override void AddPages(InvalidationArray array, GuestAddressSpace space, ulong iova, int pages) =>
        Add(array, Of(space).OfRange(iova, iova + (ulong)pages * GuestMemory.PageBytes - 1, tables: false));

    public override void AddRegion(InvalidationArray array, GuestAddressSpace space, ulong iova, bool isTable) =>
        Add(array, Of(space).OfRange(iova, iova | (GuestPageTable.BlockBytes - 1), isTable));

    public override void AddSpace(InvalidationArray array, GuestAddressSpace space) => Add(array, Of(space));

    public override void AddAll(InvalidationArray array, GuestAddressSpace space) => Add(array, Command.Vma());

    public override void AddDescriptor(InvalidationArray array, GuestAddressSpace space)
    {
    }

    public override void AddRefused(InvalidationArray array) => Add(array, Command.Gvma());

    public override void AddAtc(InvalidationArray array, GuestAddressSpace space, ulong iova, int pagesLog2)
    {
    }

    private static Command Of(GuestAddressSpace space) => Command.Vma().OfPscid(space.Asid);

    private static void Add(InvalidationArray array, Command command) => array.Add(command.Word0, command.Word1);

    private static byte[] Context(ulong tc, ulong ta, ulong fsc)
    {
        var bytes = new byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, tc);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), ta);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), fsc);
        return bytes;
    }
}
