using System.Collections.Concurrent;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Uapi;
using Iommu.Bridge.Files;
using Iommu.Bridge.Memory;
using Iommu.Bridge.Native;
using Iommu.Bridge.Processes;
using Iommu.Bridge.Protocol;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Bridge.Server;

/// <summary>Opens what programs open, and hands out what their calls have opened. Any thread may call it.</summary>
/// <param name="simulator">What is behind the devices.</param>
/// <param name="memory">The memory of its machine.</param>
/// <param name="host">Who opens.</param>
/// <param name="socket">By the name of its peer a program knows that a socket is one of these.</param>
/// <param name="connect">Takes a server's end.</param>
internal sealed class FileOpener(
    IommuSimulator simulator, PhysicalMemory memory, ClientHost host, string socket, Func<Descriptor, Connection> connect) : IFileGiver
{
    private readonly ConcurrentDictionary<IommufdFile, bool> _open = new();
    private long _contexts;
    private long _given;
    private long _leaked;

    /// <summary>The devices that are open.</summary>
    public ICollection<IommufdFile> Open => _open.Keys;

    public long LeakedObjects => Interlocked.Read(ref _leaked);

    /// <summary>The first request of a connection.</summary>
    /// <returns>Null when it has opened nothing; it was told why.</returns>
    public async Task<IServedFile?> OpenAsync(ShimCall call)
    {
        switch (call.Request.Op)
        {
            case ShimOp.Status:
                call.Reply(StatusOf((int)call.Request.Arg0));
                return null;
            case ShimOp.Open when (ShimFile)call.Request.Arg0 == ShimFile.FailNth:
                var failures = host.Find(call.Caller).MakeFailuresOf((uint)call.Request.Arg1);
                call.Reply(failures is null ? -(long)Errno.ENOENT : 0);
                return failures is null ? null : new FailNthFile(failures, host);
            case ShimOp.Open when (ShimFile)call.Request.Arg0 is ShimFile.Iommu or ShimFile.Vfio:
                return await OpenDeviceAsync(call);
            default:
                call.Refuse(Errno.EBADF);
                return null;
        }
    }

    public Descriptor Give(IOpenFile file, IommufdFile context, uint program)
    {
        var (theirs, ours) = SeqPacket.Pair($"{socket}#{Interlocked.Increment(ref _given)}");
        var identity = theirs.Identity();
        host.Links.Add(identity, file);
        IServedFile served = file is EventFile queue ? EventQueue(queue, context, ours) : new HeldFile(file, context);
        connect(ours).Start(new LinkedFile(served, () => host.Links.Remove(identity)), program);
        return theirs;
    }

    private EventQueueFile EventQueue(EventFile queue, IommufdFile context, Descriptor socket) =>
        new(queue, context, host, simulator.System.ActorOf(ReadableMark.Props(queue, socket)));

    private async Task<IServedFile> OpenDeviceAsync(ShimCall call)
    {
        var client = host.Find(call.Caller);
        var failures = new ContextFailures();
        var node = (ShimFile)call.Request.Arg0 == ShimFile.Vfio ? DeviceNode.Vfio : DeviceNode.Iommu;
        var name = $"{client.Pid}-{Interlocked.Increment(ref _contexts)}";
        var file = await IommufdFile.OpenAsync(simulator, node, name, client.Process, failures);
        _open[file] = true;
        _ = CountAsync(file);
        call.Reply(0);
        return new DeviceFile(file, host, memory, failures, this);
    }

    private async Task CountAsync(IommufdFile file)
    {
        try
        {
            Interlocked.Add(ref _leaked, (long)(await file.Ended).Value);
        }
        finally
        {
            _open.TryRemove(file, out _);
        }
    }

    /// <summary>As /proc/PID/status has them: KiB pinned (VmPin), and locked (VmLck) in the high half.</summary>
    private long StatusOf(int pid)
    {
        if (host.Known(pid) is not { } client) return 0;
        const long kibPerPage = (long)PageFrames.PageBytes / 1024;
        return Math.Min(client.Process.PinnedPages * kibPerPage, uint.MaxValue)
            | (Math.Min(client.Process.Own.LockedPages * kibPerPage, int.MaxValue) << 32);
    }
}
