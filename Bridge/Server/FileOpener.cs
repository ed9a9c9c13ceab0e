using System.Collections.Concurrent;
using System.Security.Cryptography;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Selftest;
using Iommu.Actors.Uapi;
using Iommu.Bridge.Files;
using Iommu.Bridge.Memory;
using Iommu.Bridge.Native;
using Iommu.Bridge.Outliving;
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
/// <param name="outliving">What programs have kept of an earlier server, and what a later one is told; null for neither.</param>
internal sealed class FileOpener(IommuSimulator simulator, PhysicalMemory memory, ClientHost host, string socket,
    Func<Descriptor, Connection> connect, OutlivingFiles? outliving) : IFileGiver
{
    private const string NamePrefix = "program-";

    private readonly ConcurrentDictionary<IommufdFile, bool> _open = new();
    private long _given;
    private long _leaked;

    /// <summary>The devices that are open.</summary>
    public ICollection<IommufdFile> Open => _open.Keys;

    public long LeakedObjects => Interlocked.Read(ref _leaked);

    /// <summary>Whether a journal knows a program's context by this name.</summary>
    public static bool IsName(string context) => context.StartsWith(NamePrefix, StringComparison.Ordinal);

    /// <summary>The first request of a connection.</summary>
    /// <param name="call">It.</param>
    /// <param name="connection">The server's end.</param>
    /// <returns>Null when it has opened nothing; it was told why.</returns>
    public async Task<IServedFile?> OpenAsync(ShimCall call, Descriptor connection)
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
            case ShimOp.TakeBack:
                var file = outliving?.TakeBack(call, connection);
                if (file is null) call.Refuse(Errno.EBADF);
                else call.Reply(0);
                return file;
            default:
                call.Refuse(Errno.EBADF);
                return null;
        }
    }

    public Descriptor Give(IOpenFile file, IommufdFile context, uint program)
    {
        var (theirs, ours) = SeqPacket.Pair($"{socket}#{Interlocked.Increment(ref _given)}");
        var identity = SeqPacket.IdentityOf(theirs)!.Value;
        var shared = Share(file, context);
        outliving?.Given(identity, file, context, program);
        connect(ours).Start(Link(Serve(file, shared, ours), identity, file), program);
        return theirs;
    }

    /// <summary>A file that calls have opened, as one of the sockets that stand for it.</summary>
    public IServedFile Serve(IOpenFile file, SharedFile shared, Descriptor ours) => file is EventFile queue
        ? new EventQueueFile(queue, shared, host, simulator.System.ActorOf(ReadableMark.Props(queue, ours)))
        : new HolderFile(new HeldFile(), shared);

    /// <summary>A file that calls have opened, closed when nobody holds it any more.</summary>
    public SharedFile Share(IOpenFile file, IommufdFile context) => Share(context, async () =>
    {
        file.Closed();
        if (file is MockAccessFile access) await access.Ended;
        if (context.IsClosed) await context.Ended;
    });

    /// <summary>A device, by a name that no context has had.</summary>
    public static string NewName(int pid) => $"{NamePrefix}{pid}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>An open device, from now on.</summary>
    public (DeviceFile Device, SharedFile Shared) Add(IommufdFile file, ContextFailures failures)
    {
        _open[file] = true;
        _ = CountAsync(file);
        var device = new DeviceFile(file, host, memory, failures, this);
        return (device, Share(file, device.ClosedAsync));
    }

    /// <summary>While a socket stands for a file: calls find it by the program's end, and the ledger has it.</summary>
    public LinkedFile Link(IServedFile served, SocketIdentity programsEnd, IOpenFile? named)
    {
        if (named is not null) host.Links.Add(programsEnd.Inode, named);
        return new LinkedFile(served, () =>
        {
            host.Links.Remove(programsEnd.Inode);
            outliving?.Closed(programsEnd);
        });
    }

    private SharedFile Share(IommufdFile context, Func<Task> close) => new(async () =>
    {
        if (outliving?.Leaves(context) == true) return;
        await close();
        // Before anybody is told: a server that ends now leaves nothing of it.
        if (context.IsClosed) outliving?.Ended(context);
    });

    private async Task<IServedFile?> OpenDeviceAsync(ShimCall call)
    {
        var client = host.Find(call.Caller);
        var failures = new ContextFailures();
        var node = (ShimFile)call.Request.Arg0 == ShimFile.Vfio ? DeviceNode.Vfio : DeviceNode.Iommu;
        var file = await IommufdFile.OpenAsync(simulator, node, NewName(client.Pid), client.Process, failures);
        var (device, shared) = Add(file, failures);
        var served = new HolderFile(device, shared);
        if (outliving is null || call.OwnSocket is not { } own)
        {
            call.Reply(0);
            return served;
        }
        outliving.Opened(own, file, node, client, call.Request.Program);
        call.Reply(0);
        return Link(served, own, null);
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
            outliving?.Ended(file);
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
