using System.Collections.Concurrent;
using Iommu.Actors;
using Iommu.Actors.Uapi;
using Iommu.Bridge.Native;
using Iommu.Bridge.Outliving;
using Iommu.Bridge.Processes;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge.Server;

/// <summary>
/// /dev/iommu and /dev/vfio/vfio for real programs, which reach it by a socket (Shim/protocol.h). Several at once: nothing that one does,
/// and no way in which one ends, is seen or waited for by another.
/// </summary>
public sealed class BridgeServer : IAsyncDisposable
{
    private readonly Action<Exception> _failed;
    private readonly SocketFolder _folder;
    private readonly EventLoop _loop;
    private readonly ClientHost _host;
    private readonly FileOpener _opener;
    private readonly OutlivingFiles? _outliving;
    private readonly Recovery? _recovery;
    private readonly Closings _closings = new();
    private readonly ConcurrentDictionary<Connection, bool> _connections = new();
    private readonly uint _user = Libc.geteuid();
    private Descriptor? _listener;
    private Descriptor? _spare = SeqPacket.Unconnected();

    /// <param name="simulator">What is behind the devices.</param>
    /// <param name="memory">The memory of its machine.</param>
    /// <param name="socket">Where programs find it. Its folder is made, for this user alone, when it is not there.</param>
    /// <param name="failed">Something went wrong that no program can be told.</param>
    /// <param name="granted">What each program may do here, whatever it may do on this machine.</param>
    /// <param name="outlived">Whether programs may outlive it: the simulator has a journal, and another server is started on that.</param>
    /// <exception cref="BridgeException">The socket cannot be made there, or another server is there.</exception>
    public BridgeServer(IommuSimulator simulator, PhysicalMemory memory, string socket, Action<Exception> failed,
        ProcessCapabilities granted = ProcessCapabilities.None, bool outlived = false)
    {
        _failed = failed;
        DescriptorLimit.Raise();
        _folder = new SocketFolder(socket);
        _outliving = outlived ? new OutlivingFiles(FileLedger.Open(_folder.Ledger), _closings) : null;
        _loop = new EventLoop("iommu-bridge", failed);
        _host = new ClientHost(_loop, granted, _outliving?.Ledger);
        _opener = new FileOpener(simulator, memory, _host, _folder.Socket, Add, _outliving);
        _recovery = _outliving is null ? null : new Recovery(simulator, _host, _opener, _outliving, failed);
        _loop.Start();
    }

    /// <summary>Where programs find it.</summary>
    public string Socket => _folder.Socket;

    /// <summary>What it holds for programs now: of everything nothing, when there is none.</summary>
    public BridgeCounts Counts => new(_connections.Count, _host.Count, _opener.Open.Count, _opener.LeakedObjects,
        _host.Frames.PinnedTotal, _host.LockedPages, _host.PinnedFiles.Count);

    /// <summary>Contexts that stay in the journal when it has ended, for programs that wait for the next server.</summary>
    public int ContextsLeft => _outliving?.Ledger.ContextsLeft ?? 0;

    /// <summary>The devices that programs have open.</summary>
    internal ICollection<IommufdFile> OpenDevices => _opener.Open;

    /// <summary>Brings back what an earlier server had for programs that live. Before anybody is let in.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public Task RecoverAsync() => _recovery?.RunAsync() ?? Task.CompletedTask;

    /// <summary>Lets programs in.</summary>
    /// <exception cref="BridgeException">The socket cannot be made.</exception>
    public void Listen()
    {
        _listener = _folder.Listen();
        _loop.Watch(_listener, Accept);
    }

    /// <summary>Ends when programs hold nothing any more.</summary>
    /// <param name="process">One that may live on.</param>
    internal async Task IdleAsync(int process = 0)
    {
        while (true)
        {
            List<Task> held =
            [
                .. _connections.Keys.Select(connection => connection.Closed), .. _opener.Open.Select(file => file.Ended),
                .. _host.EndsOfAllBut(process),
            ];
            if (held.Count == 0) return;
            await Task.WhenAll(held).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Goes away as a kernel does not: programs get EIO, or wait for the next one. Ends when every file is closed that is not left to that.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _loop.Stop();
        _listener?.Dispose();
        // What is closed already is not for the next one to close.
        _loop.TakeHangups();
        await _closings.OfAll().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _outliving?.Freeze();
        var connections = _connections.Keys.ToList();
        foreach (var connection in connections) connection.End();
        await Task.WhenAll(connections.Select(connection => connection.Closed));
        _host.Dispose();
        _spare?.Dispose();
        _loop.Dispose();
        _outliving?.Dispose();
        _folder.Dispose();
    }

    private void Accept()
    {
        if (SeqPacket.Accept(_listener!) is not { } socket) TurnAway();
        else if (SeqPacket.PeerOf(socket).User == _user) Add(socket).Start();
        else socket.Dispose();
    }

    /// <summary>
    /// There are no descriptors left: who waits is refused, by the one that was kept for that, so that it does not wait for ever.
    /// </summary>
    private void TurnAway()
    {
        _spare?.Dispose();
        SeqPacket.Accept(_listener!)?.Dispose();
        _spare = SeqPacket.Unconnected();
    }

    private Connection Add(Descriptor socket)
    {
        var connection = new Connection(socket, _loop, _closings, _opener.OpenAsync, Ended, _failed);
        _connections[connection] = true;
        return connection;
    }

    private void Ended(Connection connection) => _connections.TryRemove(connection, out _);
}

/// <summary>What a server holds for programs.</summary>
/// <param name="Connections">Open files.</param>
/// <param name="Processes">Programs that have called and live.</param>
/// <param name="Contexts">Open contexts.</param>
/// <param name="LeakedObjects">Objects that were left when their context was closed, since the start.</param>
/// <param name="PinnedPages">Sum of the pin counts of all pages of programs.</param>
/// <param name="LockedPages">Pages on the accounts of users.</param>
/// <param name="PinnedFiles">Files behind pinned pages that are held open.</param>
public sealed record BridgeCounts(
    int Connections, int Processes, int Contexts, long LeakedObjects, long PinnedPages, long LockedPages, int PinnedFiles);
