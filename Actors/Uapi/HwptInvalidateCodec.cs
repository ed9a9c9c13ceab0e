using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_HWPT_INVALIDATE (hw_pagetable.c, iommufd_hwpt_invalidate): entries handled are always written back.</summary>
internal sealed class HwptInvalidateCodec : AnsweringCodec<IommuHwptInvalidate>
{
    private const uint EntryNumMax = 1 << 19;
    private const uint EntryLengthMax = 4096;

    /// <summary>Room to begin with: the number of entries is the caller's word, and no measure of the memory that it has.</summary>
    private const uint FirstEntries = 1024;

    /// <summary>
    /// Every known entry is shorter. Of a longer one the call carries so much that it is still too long, and its last byte says
    /// whether anything beyond is not zero: so an array is not more than 32 MiB, whatever length its entries have.
    /// </summary>
    private const int CarriedBytesMax = 64;

    protected override Result<Call> Decode(in IommuHwptInvalidate command, UserProcess caller)
    {
        if (command.Reserved != 0) return Errno.EOPNOTSUPP;
        var entries = ReadEntries(command, caller.Memory);
        var length = (int)Math.Min(command.EntryLen, entries.IsEmpty ? int.MaxValue : CarriedBytesMax);
        return new HwptInvalidate(new ObjectId(command.HwptId), command.DataType, length, (int)command.EntryNum, entries);
    }

    public override bool Responds(Answer answer) => true;

    protected override Errno Encode(Answer answer, ref IommuHwptInvalidate command, UserProcess caller)
    {
        command.EntryNum = (uint)answer.Value;
        return Errno.None;
    }

    /// <summary>Empty when the call is refused without a look at it; too short when the caller's memory ends before it does.</summary>
    private static ReadOnlyMemory<byte> ReadEntries(in IommuHwptInvalidate command, IUserMemory memory)
    {
        if (command.DataUptr == 0 || command.EntryNum is 0 or > EntryNumMax || command.EntryLen is 0 or > EntryLengthMax) return default;
        var carried = (int)Math.Min(command.EntryLen, CarriedBytesMax);
        var entries = new byte[Math.Min(command.EntryNum, FirstEntries) * carried];
        Span<byte> entry = stackalloc byte[(int)command.EntryLen];
        for (var i = 0; i < command.EntryNum; i++)
        {
            if (memory.Read(command.DataUptr + (ulong)i * command.EntryLen, entry) != Errno.None)
                return entries.AsMemory(0, Math.Max(1, i * carried));
            if (i * carried == entries.Length) Array.Resize(ref entries, (int)Math.Min(command.EntryNum, 2 * (uint)i) * carried);
            var target = entries.AsSpan(i * carried, carried);
            entry[..carried].CopyTo(target);
            if (entry[carried..].ContainsAnyExcept((byte)0)) target[^1] |= 1;
        }
        return entries;
    }
}
