using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_IOVA_RANGES (ioas.c, iommufd_ioas_iova_ranges).</summary>
internal sealed class IoasIovaRangesCodec : AnsweringCodec<IommuIoasIovaRanges>
{
    protected override Result<Call> Decode(in IommuIoasIovaRanges command, UserProcess caller) => command.Reserved != 0
        ? Errno.EOPNOTSUPP
        : new IoasIovaRanges(new ObjectId(command.IoasId), command.NumIovas);

    /// <summary>With EMSGSIZE too: that is how a caller learns how much room it needs.</summary>
    public override bool Responds(Answer answer) => answer is IovaRangesAnswer;

    protected override Errno Encode(Answer answer, ref IommuIoasIovaRanges command, UserProcess caller)
    {
        var found = (IovaRangesAnswer)answer;
        var address = command.AllowedIovas;
        foreach (var range in found.Ranges.Take((int)Math.Min(command.NumIovas, int.MaxValue)))
        {
            var errno = caller.Memory.Write(address, new IommuIovaRange { Start = range.Start, Last = range.Last });
            if (errno != Errno.None) return errno;
            address += 16;
        }
        command.NumIovas = (uint)found.Ranges.Count;
        command.OutIovaAlignment = found.Alignment;
        return Errno.None;
    }
}
