namespace Iommu.Messages.Uapi;

/// <summary>The sub-operations of IOMMU_TEST_CMD (iommufd_test.h of the kernel's own tests).</summary>
public enum TestOp : uint
{
    AddReserved = 1,
    MockDomain,
    MdCheckMap,
    MdCheckRefs,
    CreateAccess,
    DestroyAccessPages,
    AccessPages,
    AccessRw,
    SetTempMemoryLimit,
    MockDomainReplace,
    AccessReplaceIoas,
    MockDomainFlags,
    Dirty,
    MdCheckIotlb,
    TriggerIopf,
    DevCheckCache,
    TriggerVevent,
    PasidAttach,
    PasidReplace,
    PasidDetach,
    PasidCheckHwpt,
    DmabufGet,
    DmabufRevoke,
}
