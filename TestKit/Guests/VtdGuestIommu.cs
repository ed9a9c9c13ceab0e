using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Guests;

/// <summary>
/// A VT-d in scalable mode: first-stage tables of four levels; no descriptor, since PASID tables are the host's. A device with a TLB of its
/// own uses a PASID, the others go without.
/// </summary>
/// <param name="isDirect">
/// Whether the guest has a vIOMMU with a queue of its own; else nested HWPTs are straight on their parent, as the kernel has it.
/// </param>
internal sealed class VtdGuestIommu(bool isDirect) : X86GuestIommu
{
    private const ulong RegionPages = GuestPageTable.BlockBytes >> GuestMemory.PageLog2;
    private const ulong LeafFlag = 1;
    private const ulong NoSuchFlag = 2;
    private const uint AddressWidth = 48;

    public override ViommuType? Viommu => isDirect ? ViommuType.VtdDirect : null;

    public override byte[] ViommuData => isDirect ? new byte[Marshal.SizeOf<IommuViommuVtdDirect>()] : [];

    public override HwptDataType HwptDataType => isDirect ? HwptDataType.VtdDirectS1 : HwptDataType.VtdS1;

    public override InvalidateDataType InvalidateDataType => InvalidateDataType.VtdS1;

    public override int EntryBytes => 24;

    public override bool InvalidatesNested => true;

    // An array's entries reach the device's TLB too.
    public override bool InvalidatesAtc => false;

    public override bool NestedNeedsVdevice => false;

    // Neither length that user data can have.
    public override (byte[] Data, Errno Errno) IllegalEntry => (new byte[20], Errno.EINVAL);

    public override Errno RefusedErrno => Errno.EOPNOTSUPP;

    public override uint PasidOf(int index, bool hasAts) => hasAts ? (uint)index + 1 : 0;

    public override void WriteDescriptor(GuestMemory memory, GuestAddressSpace space)
    {
    }

    public override byte[] DeviceEntry(GuestAddressSpace space)
    {
        var first = new IommuHwptVtdS1 { PgtblAddr = space.Root, AddrWidth = AddressWidth };
        if (!isDirect) return Bytes(ref first);
        var direct = new IommuHwptVtdDirectS1 { FirstStage = first, GuestDomainId = space.Asid };
        return Bytes(ref direct);
    }

    public override void AddPage(InvalidationArray array, GuestAddressSpace space, ulong iova, bool withLevel) =>
        array.Add(iova, 1, withLevel ? LeafFlag : 0);

    public override void AddPages(InvalidationArray array, GuestAddressSpace space, ulong iova, int pages) =>
        array.Add(iova, (ulong)pages, LeafFlag);

    public override void AddRegion(InvalidationArray array, GuestAddressSpace space, ulong iova, bool isTable) =>
        array.Add(iova, RegionPages, isTable ? 0 : LeafFlag);

    public override void AddSpace(InvalidationArray array, GuestAddressSpace space) => array.Add(0, ulong.MaxValue, 0);

    public override void AddAll(InvalidationArray array, GuestAddressSpace space) => AddSpace(array, space);

    public override void AddDescriptor(InvalidationArray array, GuestAddressSpace space)
    {
    }

    public override void AddRefused(InvalidationArray array) => array.Add(0, 1, NoSuchFlag);

    public override void AddAtc(InvalidationArray array, GuestAddressSpace space, ulong iova, int pagesLog2) =>
        throw new NotSupportedException("a VTD_S1 array has no entry for a device's TLB alone");

    private static byte[] Bytes<T>(ref T value) where T : unmanaged =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)).ToArray();
}
