using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_ALLOW_IOVAS (ioas.c, iommufd_ioas_allow_iovas).</summary>
internal sealed class IoasAllowIovasCodec : IoctlCodec<IommuIoasAllowIovas>
{
    protected override Result<Call> Decode(in IommuIoasAllowIovas command, UserProcess caller)
    {
        if (command.Reserved != 0) return Errno.EOPNOTSUPP;
        var ranges = ReadRanges(caller.Memory, command.AllowedIovas, command.NumIovas);
        return new IoasAllowIovas(new ObjectId(command.IoasId), ranges) { RangesFault = ranges.Count < command.NumIovas };
    }

    /// <summary>Those before the first that cannot be read: what is wrong with them comes first.</summary>
    private static List<IovaRange> ReadRanges(IUserMemory memory, ulong address, uint count)
    {
        var ranges = new List<IovaRange>();
        while (ranges.Count < count && memory.Read(address, out IommuIovaRange range) == Errno.None)
        {
            ranges.Add(new IovaRange(range.Start, range.Last));
            address += 16;
        }
        return ranges;
    }
}
