using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>
/// VFIO's type 1 ioctls in their binary form (vfio_compat.c). Their structures say how long they are in argsz: too short is EINVAL, and
/// nothing beyond what is known is read or written.
/// </summary>
internal static class VfioIoctls
{
    /// <summary>VFIO_API_VERSION.</summary>
    private const long ApiVersion = 0;

    public static Task<long> CallAsync(IommufdContext context, UserProcess caller, uint command, ulong argument) =>
        (VfioIoctl)command switch
        {
            VfioIoctl.GetApiVersion => Task.FromResult(ApiVersion),
            VfioIoctl.CheckExtension => argument > uint.MaxValue
                ? Task.FromResult(0L) : ValueAsync(context, new VfioCheckExtension((VfioExtension)argument)),
            VfioIoctl.SetIommu => argument > uint.MaxValue
                ? Task.FromResult(-(long)Errno.EINVAL) : ValueAsync(context, new VfioSetIommu((VfioExtension)argument)),
            VfioIoctl.IommuGetInfo => GetInfoAsync(context, caller, argument),
            VfioIoctl.IommuMapDma => MapAsync(context, caller, argument),
            VfioIoctl.IommuUnmapDma => UnmapAsync(context, caller, argument),
            _ => Task.FromResult(-(long)Errno.ENOTTY),
        };

    private static async Task<long> ValueAsync(IommufdContext context, VfioCall call)
    {
        var answer = await context.CallAsync(call);
        return answer.Errno == Errno.None ? (long)answer.Value : -(long)answer.Errno;
    }

    private static async Task<long> GetInfoAsync(IommufdContext context, UserProcess caller, ulong address)
    {
        var info = default(VfioIommuType1Info);
        var errno = caller.Memory.Read(address, VfioIommuType1Info.SizeMinBytes, ref info);
        if (errno != Errno.None) return -(long)errno;
        if (info.Argsz < VfioIommuType1Info.SizeMinBytes) return -(long)Errno.EINVAL;
        var answer = await context.CallAsync(new VfioGetInfo());
        if (answer is not VfioInfoAnswer found) return -(long)answer.Errno;
        return -(long)VfioInfoWriter.Write(found, info.Argsz, caller.Memory, address);
    }

    private static async Task<long> MapAsync(IommufdContext context, UserProcess caller, ulong address)
    {
        const VfioMapFlags known = VfioMapFlags.Read | VfioMapFlags.Write;
        if (caller.Memory.Read(address, out VfioIommuType1DmaMap map) != Errno.None) return -(long)Errno.EFAULT;
        if (map.Argsz < VfioIommuType1DmaMap.SizeMinBytes || (map.Flags & ~known) != 0) return -(long)Errno.EINVAL;
        var call = new VfioMapDma(
            map.Flags.HasFlag(VfioMapFlags.Read), map.Flags.HasFlag(VfioMapFlags.Write), map.Vaddr, map.Iova, map.Size);
        return -(long)(await context.CallAsync(call)).Errno;
    }

    private static async Task<long> UnmapAsync(IommufdContext context, UserProcess caller, ulong address)
    {
        if (caller.Memory.Read(address, out VfioIommuType1DmaUnmap unmap) != Errno.None) return -(long)Errno.EFAULT;
        if (unmap.Argsz < VfioIommuType1DmaUnmap.SizeMinBytes || (unmap.Flags & ~VfioUnmapFlags.All) != 0) return -(long)Errno.EINVAL;
        if (caller.Memory.Write(address, unmap) != Errno.None) return -(long)Errno.EFAULT;
        var answer = await context.CallAsync(new VfioUnmapDma(unmap.Iova, unmap.Size, unmap.Flags.HasFlag(VfioUnmapFlags.All)));
        if (answer is not VfioUnmapAnswer unmapped) return -(long)answer.Errno;
        unmap.Size = unmapped.LengthBytes;
        return -(long)(caller.Memory.Write(address, unmap) == Errno.None ? answer.Errno : Errno.EFAULT);
    }
}
