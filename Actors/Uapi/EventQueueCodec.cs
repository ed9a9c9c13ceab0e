using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Uapi;

/// <summary>
/// A codec of an ioctl that makes a queue with an open file (eventq.c, iommufd_eventq_init). A descriptor is reserved before the answer is
/// copied out, and has the file only after that: nobody closes it behind the call's back.
/// </summary>
internal abstract class EventQueueCodec<T> : AnsweringCodec<T> where T : unmanaged
{
    /// <summary>No descriptor.</summary>
    private const uint None = uint.MaxValue;

    public override long Complete(ReadOnlySpan<byte> command, Answer answer, UserProcess caller)
    {
        caller.Files.Fill((int)Descriptor(in Of(command)), FileOf(answer));
        return 0;
    }

    protected override Errno Encode(Answer answer, ref T command, UserProcess caller)
    {
        var descriptor = caller.Files.Reserve();
        Put(answer.Id, descriptor.Failed ? None : (uint)descriptor.Value, ref command);
        return descriptor.Errno;
    }

    protected override Call? Undo(in T command, Answer answer, UserProcess caller)
    {
        if (Descriptor(in command) is var descriptor and not None) caller.Files.GiveBack((int)descriptor);
        FileOf(answer).Closed();
        return new Destroy(answer.Id);
    }

    protected abstract uint Descriptor(in T command);

    protected abstract void Put(ObjectId queue, uint descriptor, ref T command);

    private static EventFile FileOf(Answer answer) => ((EventQueueAnswer)answer).File;
}
