using Iommu.Actors.Uapi;
using Iommu.Hardware.Memory;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Bridge.Files;

/// <summary>Where in its structure an ioctl leaves the number of a file that it has opened.</summary>
internal static class DescriptorPlace
{
    private const ulong FaultFd = 12;
    private const ulong VeventqFd = 24;
    private const ulong TestOperation = 4;
    private const ulong AccessFd = 16;

    /// <summary>Its address; null when this ioctl opens none, or returns its number.</summary>
    public static ulong? Of(uint command, ulong argument, IUserMemory memory) => (Ioctl)command switch
    {
        Ioctl.FaultQueueAlloc => argument + FaultFd,
        Ioctl.VeventqAlloc => argument + VeventqFd,
        Ioctl.TestCmd when Operation(argument, memory) == (uint)TestOp.CreateAccess => argument + AccessFd,
        _ => null,
    };

    private static uint? Operation(ulong argument, IUserMemory memory)
    {
        Span<byte> word = stackalloc byte[sizeof(uint)];
        return memory.Read(argument + TestOperation, word) == Errno.None ? BitConverter.ToUInt32(word) : null;
    }
}
