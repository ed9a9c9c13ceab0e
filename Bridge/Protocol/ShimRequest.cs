using System.Runtime.InteropServices;

namespace Iommu.Bridge.Protocol;

/// <summary>What a program asks (Shim/protocol.h, enum iommu_shim_op).</summary>
internal enum ShimOp : uint
{
    Open = 1,
    Ioctl = 2,
    Mmap = 3,
    Read = 4,
    Write = 5,
    Status = 6,
    TakeBack = 7,
}

/// <summary>One request: 56 bytes (Shim/protocol.h, struct iommu_shim_request).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ShimRequest
{
    public const uint ExpectedMagic = 0x31554d49;
    public const int LengthBytes = 56;

    public uint Magic;
    public ShimOp Op;
    public ulong Sequence;
    public ulong Arg0;
    public ulong Arg1;
    public ulong Arg2;
    public ulong Arg3;
    public uint Thread;
    public uint Program;
}

/// <summary>What a program opens (Shim/protocol.h, enum iommu_shim_file).</summary>
internal enum ShimFile : ulong
{
    Iommu = 0,
    Vfio = 1,
    FailNth = 2,
}

/// <summary>What a read or write says beside its buffer (Shim/protocol.h, enum iommu_shim_io_flags).</summary>
[Flags]
internal enum ShimIoFlags : ulong
{
    None = 0,
    MarkTaken = 1,
    AtPosition = 2,
}

/// <summary>What is done with the descriptor that comes with a reply (Shim/protocol.h, enum iommu_shim_reply_flags).</summary>
[Flags]
internal enum ShimReplyFlags : uint
{
    None = 0,
    DescriptorIsResult = 1,
    DescriptorIsStored = 2,
    DescriptorComes = 4,
}

/// <summary>One reply: 32 bytes (Shim/protocol.h, struct iommu_shim_reply).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ShimReply
{
    public const int LengthBytes = 32;

    public uint Magic;
    public ShimReplyFlags Flags;
    public ulong Sequence;
    public long Result;
    public ulong DescriptorAddress;
}
