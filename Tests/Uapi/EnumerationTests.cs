using Iommu.Actors.Uapi;
using Iommu.Hardware.Mock;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>
/// Numbers, types and flags of the binary form against what a C compiler gave for the kernel's headers; those that begin with 5654 ("VT")
/// or 414d ("AM") are this project's own.
/// </summary>
public class EnumerationTests
{
    public static readonly TheoryData<Type, string> Enumerations = new()
    {
        { typeof(Ioctl), "Destroy=3b80 IoasAlloc=3b81 IoasAllowIovas=3b82 IoasCopy=3b83 IoasIovaRanges=3b84 IoasMap=3b85 IoasUnmap=3b86"
            + " Option=3b87 VfioIoas=3b88 HwptAlloc=3b89 GetHwInfo=3b8a HwptSetDirtyTracking=3b8b HwptGetDirtyBitmap=3b8c"
            + " HwptInvalidate=3b8d FaultQueueAlloc=3b8e IoasMapFile=3b8f ViommuAlloc=3b90 VdeviceAlloc=3b91 IoasChangeProcess=3b92"
            + " VeventqAlloc=3b93 HwQueueAlloc=3b94 IoasNoiommuGetPa=3b95 TestCmd=3ba0" },
        { typeof(IoasMapFlags), "None=0 FixedIova=1 Writeable=2 Readable=4" },
        { typeof(OptionId), "RlimitMode=0 HugePages=1" },
        { typeof(OptionOp), "Set=0 Get=1" },
        { typeof(VfioIoasOp), "Get=0 Set=1 Clear=2" },
        { typeof(HwptAllocFlags), "None=0 NestParent=1 DirtyTracking=2 FaultIdValid=4 Pasid=8" },
        { typeof(HwptDataType), "None=0 VtdS1=1 ArmSmmuv3=2 AmdGuest=3 Selftest=dead VtdDirectS1=56544431" },
        { typeof(HwInfoType), "None=0 IntelVtd=1 ArmSmmuv3=2 Tegra241Cmdqv=3 Amd=4 Selftest=feedbeef" },
        { typeof(HwInfoFlags), "None=0 InputType=1" },
        { typeof(HwCapabilities), "None=0 DirtyTracking=1 PciPasidExec=2 PciPasidPriv=4 PciAtsNotSupported=8" },
        { typeof(DirtyTrackingFlags), "None=0 Enable=1" },
        { typeof(DirtyBitmapFlags), "None=0 NoClear=1" },
        { typeof(InvalidateDataType), "VtdS1=0 ArmSmmuv3=1 Amd=414d4400 Selftest=deadbeef" },
        { typeof(PageFaultFlags), "None=0 PasidValid=1 LastPage=2" },
        { typeof(PageFaultPermissions), "None=0 Read=1 Write=2 Exec=4 Priv=8" },
        { typeof(PageResponseCode), "Success=0 Invalid=1" },
        { typeof(ViommuType), "Default=0 ArmSmmuv3=1 Tegra241Cmdqv=2 Amd=414d4400 VtdDirect=56544431 Selftest=deadbeef" },
        { typeof(VeventqType), "Default=0 ArmSmmuv3=1 Tegra241Cmdqv=2 Amd=414d4400 VtdDirect=56544431 Selftest=beefbeef" },
        { typeof(VeventFlags), "None=0 LostEvents=1" },
        { typeof(HwQueueType), "Default=0 Tegra241Cmdqv=1 AmdCommandBuffer=414d4401 AmdEventLog=414d4402 AmdPprLog=414d4403"
            + " VtdInvalidation=56544431 Selftest=deadbeef" },
        { typeof(MemoryProtection), "None=0 Read=1 Write=2 Exec=4" },
        { typeof(MemoryMapKind), "Shared=1 Private=2 SharedValidate=3" },
        { typeof(VfioIoctl), "GetApiVersion=3b64 CheckExtension=3b65 SetIommu=3b66 IommuGetInfo=3b70 IommuMapDma=3b71 IommuUnmapDma=3b72"
            + " IommuDirtyPages=3b75" },
        { typeof(VfioExtension), "Type1=1 Type1V2=3 DmaCc=4 Nesting=6 NoIommu=8 UnmapAll=9 UpdateVaddr=a" },
        { typeof(VfioInfoFlags), "None=0 PageSizes=1 Capabilities=2" },
        { typeof(VfioMapFlags), "None=0 Read=1 Write=2" },
        { typeof(VfioUnmapFlags), "None=0 All=2" },
        { typeof(VfioInfoCap), "IovaRange=1 DmaAvail=3" },
        { typeof(TestOp), "AddReserved=1 MockDomain=2 MdCheckMap=3 MdCheckRefs=4 CreateAccess=5 DestroyAccessPages=6 AccessPages=7"
            + " AccessRw=8 SetTempMemoryLimit=9 MockDomainReplace=a AccessReplaceIoas=b MockDomainFlags=c Dirty=d MdCheckIotlb=e"
            + " TriggerIopf=f DevCheckCache=10 TriggerVevent=11 PasidAttach=12 PasidReplace=13 PasidDetach=14 PasidCheckHwpt=15"
            + " DmabufGet=16 DmabufRevoke=17" },
        { typeof(MockDeviceFlags), "None=0 NoDirty=1 Pasid=4" },
    };

    [Theory, MemberData(nameof(Enumerations))]
    public void A_value_is_the_kernels(Type enumeration, string values) =>
        Assert.Equal(values, string.Join(' ', Enum.GetNames(enumeration).Select(
            name => $"{name}={Convert.ToUInt64(Enum.Parse(enumeration, name)):x}")));

    [Fact]
    public void No_enumeration_is_left_out()
    {
        var enumerations = typeof(Ioctl).Assembly.GetTypes()
            .Where(type => type is { IsEnum: true, Namespace: "Iommu.Messages.Uapi" }).Append(typeof(MockDeviceFlags));
        Assert.Equal(enumerations.Select(type => type.Name).Order(), Enumerations.Select(row => ((Type)row[0]).Name).Order());
    }

    [Fact]
    public void Every_ioctl_is_in_the_table() =>
        Assert.Equal(Enum.GetValues<Ioctl>().Order(), IoctlTable.Operations.Select(operation => operation.Number).Order());
}
