using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// struct iommu_test_cmd of iommufd_test.h of the kernel's own tests: a sub-operation, the object that it is about, and a union of what
/// each has besides.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public struct IommuTestCmd
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 68;

    [FieldOffset(0)] public uint Size;
    [FieldOffset(4)] public TestOp Op;

    /// <summary>What it is about: an object's id, or the descriptor of an access.</summary>
    [FieldOffset(8)] public uint Id;

    [FieldOffset(12)] public uint Reserved;
    [FieldOffset(16)] public TestAddReserved AddReserved;
    [FieldOffset(16)] public TestMockDomain MockDomain;
    [FieldOffset(16)] public TestCheckMap CheckMap;
    [FieldOffset(16)] public TestCheckRefs CheckRefs;
    [FieldOffset(16)] public TestCreateAccess CreateAccess;
    [FieldOffset(16)] public TestAccessPages AccessPages;
    [FieldOffset(16)] public TestAccessRw AccessRw;
    [FieldOffset(16)] public TestDirty Dirty;
    [FieldOffset(16)] public TestCheckWord CheckWord;
    [FieldOffset(16)] public TestTriggerIopf TriggerIopf;
    [FieldOffset(16)] public TestPasid Pasid;
    [FieldOffset(16)] public TestDmabufGet DmabufGet;
    [FieldOffset(16)] public TestDmabufRevoke DmabufRevoke;

    /// <summary>
    /// Where the union is one number: mock_domain_replace.pt_id, destroy_access_pages.access_pages_id, memory_limit.limit,
    /// access_replace_ioas.ioas_id, trigger_vevent.dev_id.
    /// </summary>
    [FieldOffset(16)] public uint Word;

    [FieldOffset(64)] public uint Last;
}

/// <summary>add_reserved of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestAddReserved
{
    public ulong Start;
    public ulong Length;
}

/// <summary>mock_domain and mock_domain_flags of struct iommu_test_cmd; the first has no flags.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestMockDomain
{
    public uint OutStdevId;
    public uint OutHwptId;
    public uint OutIdevId;
    public uint DevFlags;
}

/// <summary>check_map of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestCheckMap
{
    public ulong Iova;
    public ulong Length;
    public ulong Uptr;
}

/// <summary>check_refs of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestCheckRefs
{
    public ulong Length;
    public ulong Uptr;
    public uint Refs;
}

/// <summary>create_access of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestCreateAccess
{
    public uint OutAccessFd;
    public MockAccessCreateFlags Flags;
}

/// <summary>access_pages of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestAccessPages
{
    public MockAccessFlags Flags;
    public uint OutAccessPagesId;
    public ulong Iova;
    public ulong Length;
    public ulong Uptr;
}

/// <summary>access_rw of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestAccessRw
{
    public ulong Iova;
    public ulong Length;
    public ulong Uptr;
    public MockAccessFlags Flags;
}

/// <summary>dirty of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestDirty
{
    public uint Flags;
    public ulong Iova;
    public ulong Length;
    public ulong PageSize;
    public ulong Uptr;
    public ulong OutNrDirty;
}

/// <summary>check_iotlb and check_dev_cache of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestCheckWord
{
    public uint Id;
    public uint Value;
}

/// <summary>trigger_iopf of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestTriggerIopf
{
    public uint DevId;
    public uint Pasid;
    public uint Grpid;
    public uint Perm;
    public ulong Addr;
}

/// <summary>pasid_attach, pasid_replace, pasid_detach and pasid_check of struct iommu_test_cmd; the third has no table.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestPasid
{
    public uint Pasid;
    public uint PtId;
}

/// <summary>dmabuf_get of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestDmabufGet
{
    public uint Length;
    public uint OpenFlags;
}

/// <summary>dmabuf_revoke of struct iommu_test_cmd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TestDmabufRevoke
{
    public int DmabufFd;
    public uint Revoked;
}
