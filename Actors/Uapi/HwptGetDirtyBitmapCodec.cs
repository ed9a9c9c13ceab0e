using System.Numerics;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>
/// IOMMU_HWPT_GET_DIRTY_BITMAP (hw_pagetable.c, iommufd_hwpt_get_dirty_bitmap). Bits are set in what the caller's bitmap has, none is
/// cleared. The kernel drops the bits of a bitmap that it cannot write, and says nothing; here that is EFAULT, and they stay.
/// </summary>
internal sealed class HwptGetDirtyBitmapCodec : IoctlCodec<IommuHwptGetDirtyBitmap>
{
    protected override Result<Call> Decode(in IommuHwptGetDirtyBitmap command, UserProcess caller)
    {
        if (command.Reserved != 0) return Errno.EOPNOTSUPP;
        if (caller.Memory.CheckWritable(command.Data, BitmapBytes(command)) != Errno.None) return Errno.EFAULT;
        return new HwptGetDirtyBitmap(
            new ObjectId(command.HwptId), command.Flags, command.Iova, command.Length, command.PageSize);
    }

    protected override Errno Encode(Answer answer, ref IommuHwptGetDirtyBitmap command, UserProcess caller) =>
        MergeBits(caller.Memory, command.Data, ((DirtyBitmapAnswer)answer).Bitmap.Span);

    /// <summary>None of a call that is refused for its range: a length or a page size of 0.</summary>
    private static ulong BitmapBytes(in IommuHwptGetDirtyBitmap command) => command.Length == 0 || command.PageSize == 0
        ? 0 : ((command.Length - 1) >> BitOperations.TrailingZeroCount(command.PageSize)) / 8 + 1;

    private static Errno MergeBits(IUserMemory memory, ulong address, ReadOnlySpan<byte> bitmap)
    {
        var bits = new byte[bitmap.Length];
        if (memory.Read(address, bits) != Errno.None) return Errno.EFAULT;
        for (var i = 0; i < bits.Length; i++) bits[i] |= bitmap[i];
        return memory.Write(address, bits);
    }
}
