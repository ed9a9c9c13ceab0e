using System.Globalization;
using System.Text;
using Iommu.Actors.Core;
using Iommu.Bridge.Processes;
using Iommu.Bridge.Protocol;
using Iommu.Bridge.Server;
using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Bridge.Files;

/// <summary>An open /proc/self/task/THREAD/fail-nth (fs/proc/base.c): which step of the thread's calls fails, from now on.</summary>
/// <param name="failures">The thread's.</param>
/// <param name="host">Who reads and writes.</param>
internal sealed class FailNthFile(FailNth failures, ClientHost host) : IServedFile
{
    private const int DigitsMax = 12;

    private long _position;

    public Task ServeAsync(ShimCall call)
    {
        var memory = host.Find(call.Caller).Process.Memory;
        var flags = (ShimIoFlags)call.Request.Arg2;
        var position = flags.HasFlag(ShimIoFlags.AtPosition) ? (long)call.Request.Arg3 : Interlocked.Read(ref _position);
        var result = call.Request.Op switch
        {
            ShimOp.Read => Read(memory, call.Request, position),
            ShimOp.Write => Write(memory, call.Request),
            ShimOp.Ioctl => -(long)Errno.ENOTTY,
            _ => -(long)Errno.ENODEV,
        };
        if (result > 0 && !flags.HasFlag(ShimIoFlags.AtPosition)) Interlocked.Add(ref _position, result);
        call.Reply(result);
        return Task.CompletedTask;
    }

    public Task ClosedAsync() => Task.CompletedTask;

    private long Read(IUserMemory memory, ShimRequest request, long position)
    {
        var text = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{failures.Left}\n"));
        if (position >= text.Length || position < 0) return 0;
        var count = (int)Math.Min((ulong)(text.Length - position), request.Arg1);
        return memory.Write(request.Arg0, text.AsSpan((int)position, count)) == Errno.None ? count : -(long)Errno.EFAULT;
    }

    private long Write(IUserMemory memory, ShimRequest request)
    {
        Span<byte> text = stackalloc byte[DigitsMax];
        if (request.Arg1 is 0 or > DigitsMax) return -(long)Errno.EINVAL;
        text = text[..(int)request.Arg1];
        if (memory.Read(request.Arg0, text) != Errno.None) return -(long)Errno.EFAULT;
        if (!int.TryParse(Encoding.ASCII.GetString(text).TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out var nth))
            return -(long)Errno.EINVAL;
        failures.Arm(nth);
        return text.Length;
    }
}
