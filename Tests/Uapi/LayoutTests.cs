using System.Runtime.InteropServices;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>
/// The binary structures against numbers that a C compiler gave for the kernel's headers on a 64-bit machine: bytes of each, and the
/// offset of each field.
/// </summary>
public class LayoutTests
{
    public static readonly TheoryData<Type, int, string> Layouts = new()
    {
        { typeof(IommuDestroy), 8, "Size=0 Id=4" },
        { typeof(IommuIoasAlloc), 12, "Size=0 Flags=4 OutIoasId=8" },
        { typeof(IommuIovaRange), 16, "Start=0 Last=8" },
        { typeof(IommuIoasIovaRanges), 32, "Size=0 IoasId=4 NumIovas=8 Reserved=12 AllowedIovas=16 OutIovaAlignment=24" },
        { typeof(IommuIoasAllowIovas), 24, "Size=0 IoasId=4 NumIovas=8 Reserved=12 AllowedIovas=16" },
        { typeof(IommuIoasMap), 40, "Size=0 Flags=4 IoasId=8 Reserved=12 UserVa=16 Length=24 Iova=32" },
        { typeof(IommuIoasNoiommuGetPa), 40, "Size=0 Flags=4 IoasId=8 Reserved=12 Iova=16 Length=24 OutPhys=32" },
        { typeof(IommuIoasMapFile), 40, "Size=0 Flags=4 IoasId=8 Fd=12 Start=16 Length=24 Iova=32" },
        { typeof(IommuIoasCopy), 40, "Size=0 Flags=4 DstIoasId=8 SrcIoasId=12 Length=16 DstIova=24 SrcIova=32" },
        { typeof(IommuIoasUnmap), 24, "Size=0 IoasId=4 Iova=8 Length=16" },
        { typeof(IommuOption), 24, "Size=0 OptionId=4 Op=8 Reserved=10 ObjectId=12 Val64=16" },
        { typeof(IommuVfioIoas), 12, "Size=0 IoasId=4 Op=8 Reserved=10" },
        { typeof(IommuHwptAlloc), 48, "Size=0 Flags=4 DevId=8 PtId=12 OutHwptId=16 Reserved=20 DataType=24 DataLen=28 DataUptr=32"
            + " FaultId=40 Reserved2=44" },
        { typeof(IommuHwInfo), 40, "Size=0 Flags=4 DevId=8 DataLen=12 DataUptr=16 DataType=24 OutMaxPasidLog2=28 Reserved0=29"
            + " Reserved1=30 Reserved2=31 OutCapabilities=32" },
        { typeof(IommuHwptSetDirtyTracking), 16, "Size=0 Flags=4 HwptId=8 Reserved=12" },
        { typeof(IommuHwptGetDirtyBitmap), 48, "Size=0 HwptId=4 Flags=8 Reserved=12 Iova=16 Length=24 PageSize=32 Data=40" },
        { typeof(IommuHwptInvalidate), 32, "Size=0 HwptId=4 DataUptr=8 DataType=16 EntryLen=20 EntryNum=24 Reserved=28" },
        { typeof(IommuFaultAlloc), 16, "Size=0 Flags=4 OutFaultId=8 OutFaultFd=12" },
        { typeof(IommuViommuAlloc), 40, "Size=0 Flags=4 Type=8 DevId=12 HwptId=16 OutViommuId=20 DataLen=24 Reserved=28 DataUptr=32" },
        { typeof(IommuVdeviceAlloc), 24, "Size=0 ViommuId=4 DevId=8 OutVdeviceId=12 VirtId=16" },
        { typeof(IommuIoasChangeProcess), 8, "Size=0 Reserved=4" },
        { typeof(IommuVeventqAlloc), 32, "Size=0 Flags=4 ViommuId=8 Type=12 VeventqDepth=16 OutVeventqId=20 OutVeventqFd=24 Reserved=28" },
        { typeof(IommuHwQueueAlloc), 40, "Size=0 Flags=4 ViommuId=8 Type=12 Index=16 OutHwQueueId=20 NestingParentIova=24 Length=32" },
        { typeof(IommuHwptVtdS1), 24, "Flags=0 PgtblAddr=8 AddrWidth=16 Reserved=20" },
        { typeof(IommuHwptVtdDirectS1), 32, "FirstStage=0 GuestDomainId=24 Reserved=28" },
        { typeof(IommuViommuVtdDirect), 16, "OutMmapOffset=0 OutMmapLength=8" },
        { typeof(IommuHwptArmSmmuv3), 16, "Ste0=0 Ste1=8" },
        { typeof(IommuHwptAmdGuest), 32, "Dte0=0 Dte1=8 Dte2=16 Dte3=24" },
        { typeof(IommuHwInfoVtd), 24, "Flags=0 Reserved=4 CapReg=8 EcapReg=16" },
        { typeof(IommuHwInfoArmSmmuv3), 40, "Flags=0 Reserved=4 Idr0=8 Idr1=12 Idr2=16 Idr3=20 Idr4=24 Idr5=28 Iidr=32 Aidr=36" },
        { typeof(IommuHwInfoTegra241Cmdqv), 8, "Flags=0 Version=4 Log2Vcmdqs=5 Log2Vsids=6 Reserved=7" },
        { typeof(IommuHwInfoAmd), 16, "Efr=0 Efr2=8" },
        { typeof(IommuHwptVtdS1Invalidate), 24, "Addr=0 Npages=8 Flags=16 Reserved=20" },
        { typeof(IommuViommuArmSmmuv3Invalidate), 16, "Cmd0=0 Cmd1=8" },
        { typeof(IommuViommuTegra241Cmdqv), 16, "OutVintfMmapOffset=0 OutVintfMmapLength=8" },
        { typeof(IommuVeventArmSmmuv3), 32, "Evt0=0 Evt1=8 Evt2=16 Evt3=24" },
        { typeof(IommuVeventTegra241Cmdqv), 16, "LvcmdqErrMap0=0 LvcmdqErrMap1=8" },
        { typeof(IommuTestHwInfo), 8, "Flags=0 TestReg=4" },
        { typeof(IommuHwptSelftest), 8, "Iotlb=0 PagetableType=4" },
        { typeof(IommuHwptInvalidateSelftest), 8, "Flags=0 IotlbId=4" },
        { typeof(IommuViommuSelftest), 24, "InData=0 OutData=4 OutMmapOffset=8 OutMmapLength=16" },
        { typeof(IommuViommuInvalidateSelftest), 12, "Flags=0 VdevId=4 CacheId=8" },
        { typeof(IommuViommuEventSelftest), 4, "VirtId=0" },
        { typeof(IommuHwptPgfault), 40, "Flags=0 DevId=4 Pasid=8 Grpid=12 Perm=16 Reserved=20 Addr=24 Length=32 Cookie=36" },
        { typeof(IommuHwptPageResponse), 8, "Cookie=0 Code=4" },
        { typeof(IommufdVeventHeader), 8, "Flags=0 Sequence=4" },
        { typeof(VfioIommuType1Info), 24, "Argsz=0 Flags=4 IovaPgsizes=8 CapOffset=16 Pad=20" },
        { typeof(VfioInfoCapHeader), 8, "Id=0 Version=2 Next=4" },
        { typeof(VfioIommuType1DmaMap), 32, "Argsz=0 Flags=4 Vaddr=8 Iova=16 Size=24" },
        { typeof(VfioIommuType1DmaUnmap), 24, "Argsz=0 Flags=4 Iova=8 Size=16" },
        { typeof(IommuTestCmd), 72, "Size=0 Op=4 Id=8 Reserved=12 AddReserved=16 MockDomain=16 CheckMap=16 CheckRefs=16 CreateAccess=16"
            + " AccessPages=16 AccessRw=16 Dirty=16 CheckWord=16 TriggerIopf=16 Pasid=16 DmabufGet=16 DmabufRevoke=16 Word=16 Last=64" },
        { typeof(TestAddReserved), 16, "Start=0 Length=8" },
        { typeof(TestMockDomain), 16, "OutStdevId=0 OutHwptId=4 OutIdevId=8 DevFlags=12" },
        { typeof(TestCheckMap), 24, "Iova=0 Length=8 Uptr=16" },
        { typeof(TestCheckRefs), 24, "Length=0 Uptr=8 Refs=16" },
        { typeof(TestCreateAccess), 8, "OutAccessFd=0 Flags=4" },
        { typeof(TestAccessPages), 32, "Flags=0 OutAccessPagesId=4 Iova=8 Length=16 Uptr=24" },
        { typeof(TestAccessRw), 32, "Iova=0 Length=8 Uptr=16 Flags=24" },
        { typeof(TestDirty), 48, "Flags=0 Iova=8 Length=16 PageSize=24 Uptr=32 OutNrDirty=40" },
        { typeof(TestCheckWord), 8, "Id=0 Value=4" },
        { typeof(TestTriggerIopf), 24, "DevId=0 Pasid=4 Grpid=8 Perm=12 Addr=16" },
        { typeof(TestPasid), 8, "Pasid=0 PtId=4" },
        { typeof(TestDmabufGet), 8, "Length=0 OpenFlags=4" },
        { typeof(TestDmabufRevoke), 8, "DmabufFd=0 Revoked=4" },
        { typeof(VfioIommuType1InfoCapIovaRange), 16, "Header=0 NrIovas=8 Reserved=12" },
        { typeof(VfioIommuType1InfoDmaAvail), 12, "Header=0 Avail=8" },
    };

    [Theory, MemberData(nameof(Layouts))]
    public void A_structure_has_the_size_and_the_offsets_of_the_kernels(Type layout, int sizeBytes, string offsets)
    {
        Assert.Equal(sizeBytes, Marshal.SizeOf(layout));
        var fields = layout.GetFields().Where(field => !field.IsStatic);
        Assert.Equal(offsets, string.Join(' ', fields.Select(field => $"{field.Name}={Marshal.OffsetOf(layout, field.Name)}")));
    }

    [Fact]
    public void No_structure_is_left_out()
    {
        var structures = typeof(IommuDestroy).Assembly.GetTypes()
            .Where(type => type is { IsValueType: true, IsEnum: false, Namespace: "Iommu.Messages.Uapi" });
        Assert.Equal(structures.Select(type => type.Name).Order(), Layouts.Select(row => ((Type)row[0]).Name).Order());
    }

    [Fact]
    public void A_caller_must_have_what_a_structure_had_when_it_was_first_defined()
    {
        Assert.Equal(8, IommuDestroy.SizeMinBytes);
        Assert.Equal(12, IommuIoasAlloc.SizeMinBytes);
        Assert.Equal(32, IommuIoasIovaRanges.SizeMinBytes);
        Assert.Equal(24, IommuIoasAllowIovas.SizeMinBytes);
        Assert.Equal(40, IommuIoasMap.SizeMinBytes);
        Assert.Equal(40, IommuIoasNoiommuGetPa.SizeMinBytes);
        Assert.Equal(40, IommuIoasMapFile.SizeMinBytes);
        Assert.Equal(40, IommuIoasCopy.SizeMinBytes);
        Assert.Equal(24, IommuIoasUnmap.SizeMinBytes);
        Assert.Equal(24, IommuOption.SizeMinBytes);
        Assert.Equal(12, IommuVfioIoas.SizeMinBytes);
        Assert.Equal(24, IommuHwptAlloc.SizeMinBytes);
        Assert.Equal(32, IommuHwInfo.SizeMinBytes);
        Assert.Equal(16, IommuHwptSetDirtyTracking.SizeMinBytes);
        Assert.Equal(48, IommuHwptGetDirtyBitmap.SizeMinBytes);
        Assert.Equal(32, IommuHwptInvalidate.SizeMinBytes);
        Assert.Equal(16, IommuFaultAlloc.SizeMinBytes);
        Assert.Equal(24, IommuViommuAlloc.SizeMinBytes);
        Assert.Equal(24, IommuVdeviceAlloc.SizeMinBytes);
        Assert.Equal(8, IommuIoasChangeProcess.SizeMinBytes);
        Assert.Equal(28, IommuVeventqAlloc.SizeMinBytes);
        Assert.Equal(40, IommuHwQueueAlloc.SizeMinBytes);
        Assert.Equal(68, IommuTestCmd.SizeMinBytes);
        Assert.Equal(16, VfioIommuType1Info.SizeMinBytes);
        Assert.Equal(32, VfioIommuType1DmaMap.SizeMinBytes);
        Assert.Equal(24, VfioIommuType1DmaUnmap.SizeMinBytes);
    }
}
