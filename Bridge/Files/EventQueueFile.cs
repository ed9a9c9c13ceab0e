using Akka.Actor;
using Iommu.Actors;
using Iommu.Bridge.Memory;
using Iommu.Bridge.Processes;
using Iommu.Bridge.Protocol;
using Iommu.Bridge.Server;
using Iommu.Messages;

namespace Iommu.Bridge.Files;

/// <summary>The file of a fault queue or an event queue as programs have it: reads, writes, and whether it can be read.</summary>
/// <param name="file">The queue's.</param>
/// <param name="shared">It, as one of the sockets that stand for it.</param>
/// <param name="host">Who reads and writes.</param>
/// <param name="mark">Its <see cref="ReadableMark"/>.</param>
internal sealed class EventQueueFile(EventFile file, SharedFile shared, ClientHost host, IActorRef mark) : IServedFile
{
    /// <summary>What read() and write() of the kernel do at once (MAX_RW_COUNT).</summary>
    private const ulong CountMax = int.MaxValue & ~(PageFrames.PageBytes - 1);

    public async Task ServeAsync(ShimCall call)
    {
        var request = call.Request;
        var memory = host.Find(call.Caller).Process.Memory;
        var count = (int)Math.Min(request.Arg1, CountMax);
        var flags = (ShimIoFlags)request.Arg2;
        var position = flags.HasFlag(ShimIoFlags.AtPosition) ? (long)request.Arg3 : (long?)null;
        switch (request.Op)
        {
            case ShimOp.Read:
                var read = await file.ReadAsync(count, (offset, bytes) => memory.Write(request.Arg0 + (ulong)offset, bytes), position);
                if (flags.HasFlag(ShimIoFlags.MarkTaken)) mark.Tell(ReadableMark.Taken.Instance);
                call.Reply(ResultOf(read));
                break;
            case ShimOp.Write:
                call.Reply(ResultOf(
                    await file.WriteAsync(count, (offset, bytes) => memory.Read(request.Arg0 + (ulong)offset, bytes), position)));
                break;
            default:
                call.Refuse(request.Op == ShimOp.Ioctl ? Errno.ENOTTY : Errno.ENODEV);
                break;
        }
    }

    public async Task ClosedAsync()
    {
        await mark.GracefulStop(Timeout.InfiniteTimeSpan);
        await shared.ReleaseAsync();
    }

    private static long ResultOf(Answer answer) => answer.Errno == Errno.None ? (long)answer.Value : -(long)answer.Errno;
}
