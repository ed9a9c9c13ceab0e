using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Driver;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Amd;

/// <summary>
/// A guest on an AMD IOMMU without any actors: 16 MiB of memory under a nest parent, a vIOMMU, and tables of PASIDs, each of which maps
/// 512 pages from address 0.
/// </summary>
internal sealed class GuestOnAmd : IViommuServices
{
    public const ulong RamBytes = 16 << 20;

    private readonly ulong _ram;
    private readonly ulong _firstTable;

    /// <param name="machine">Where it runs.</param>
    /// <param name="device">Any device of the IOMMU.</param>
    /// <param name="parent">Its stage 2, with its memory at address 0; one of its own when null.</param>
    /// <param name="firstTable">Where its tables are, so that two guests on one parent do not overwrite each other's.</param>
    public GuestOnAmd(AmdMachine machine, PhysicalDevice device, IPagingDomain? parent = null, ulong firstTable = 0x10_0000)
    {
        (Machine, _firstTable) = (machine, firstTable);
        Parent = parent ?? machine.Drivers[0].AllocPaging(device, HwptAllocFlags.NestParent).Value!;
        if (parent is null) Parent.Map(0, machine.Frames.Allocate(12)!.Value, RamBytes, Access.ReadWrite);
        _ram = Parent.Lookup(0)!.Value;
        Viommu = (AmdViommu)machine.Drivers[0].AllocViommu(device, Parent, new UserData(ViommuType.Amd), this).Value!;
    }

    public AmdMachine Machine { get; }

    public IPagingDomain Parent { get; }

    public AmdViommu Viommu { get; }

    /// <summary>What came through the vIOMMU's event queue.</summary>
    public List<EventRecord> Events { get; } = [];

    public GuestRegisters Registers => new(Machine.Memory, Viommu.RegisterPage);

    public ulong Physical(ulong gpa) => _ram + gpa;

    public ulong Read(ulong gpa) => Machine.Memory.Read64(Physical(gpa));

    public void Write(ulong gpa, ulong value) => Machine.Memory.Write64(Physical(gpa), value);

    /// <summary>Makes tables for PASIDs 0 to 3 of a GCR3 table, and returns its address.</summary>
    public ulong BuildTables(int index = 0)
    {
        var gcr = _firstTable + (ulong)index * 0x2_0000;
        for (var pasid = 0UL; pasid < 4; pasid++)
        {
            var at = gcr + 0x1000 + pasid * 0x4000;
            Write(gcr + pasid * 8, at | 1);
            for (var level = 0UL; level < 3; level++) Write(at + level * 0x1000, (at + (level + 1) * 0x1000) | 7);
        }
        return gcr;
    }

    public void MapPage(ulong gcr, int pasid, ulong va, ulong gpa, ulong rights = 7) =>
        Write(gcr + 0x1000 + (ulong)pasid * 0x4000 + 0x3000 + (va >> 12) * 8, gpa | rights);

    /// <summary>A guest's device table entry with guest tables: GIOV, PPR, four levels, one of GCR3.</summary>
    public static byte[] Entry(ulong gcr, ushort domain, ulong extra0 = 0) => Bytes(
        DeviceTableEntry.Valid | DeviceTableEntry.TranslationValid | DeviceTableEntry.GuestValid | DeviceTableEntry.GuestUntagged
            | DeviceTableEntry.Ppr | DeviceTableEntry.Read | DeviceTableEntry.Write | (((gcr >> 12) & 7) << 58) | extra0,
        domain | (((gcr >> 15) & 0xFFFF) << 16) | ((gcr >> 31) << 43) | DeviceTableEntry.Iotlb, 0, 0);

    public static byte[] Bytes(params ulong[] words) => MemoryMarshal.AsBytes(words.AsSpan()).ToArray();

    public Result<INestedDomain> AllocNested(byte[] entry) =>
        Viommu.AllocNested(HwptAllocFlags.None, new UserData(HwptDataType.AmdGuest, entry));

    /// <summary>Attaches a device, which the guest knows by an id, to tables of a domain id.</summary>
    public AmdNestedDomain Attach(PhysicalDevice device, ulong virtualId, ulong gcr, ushort domain)
    {
        Assert.Equal(Errno.None, Viommu.AddVdevice(device, virtualId));
        var nested = AllocNested(Entry(gcr, domain)).Value!;
        Plan.Run(Machine.Drivers[0].Attach(device, null, nested).Value!);
        return (AmdNestedDomain)nested;
    }

    public PreparedInvalidation Invalidate(params Command[] commands) =>
        Viommu.Invalidate(InvalidateDataType.Amd, MemoryMarshal.AsBytes(commands.AsSpan()), 16, commands.Length);

    /// <summary>Gives the hardware a ring in guest memory, 256 entries.</summary>
    public IHwQueueDriver GiveRing(HwQueueType type, ulong gpa) => Viommu.InitHwQueue(type, 0, gpa, Physical(gpa), 4096).Value!;

    Result<ulong> IViommuServices.AllocMmap(ulong physical, ulong lengthBytes) => 0x1000UL;

    void IViommuServices.FreeMmap(ulong offset)
    {
    }

    void IViommuServices.ReportEvent(VeventqType type, ReadOnlyMemory<byte> data)
    {
        Assert.Equal(VeventqType.Amd, type);
        Events.Add(new EventRecord(
            BinaryPrimitives.ReadUInt64LittleEndian(data.Span), BinaryPrimitives.ReadUInt64LittleEndian(data.Span[8..])));
    }
}
