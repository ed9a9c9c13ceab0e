using Iommu.Bridge.Files;
using Iommu.Bridge.Native;
using Iommu.Bridge.Server;

namespace Iommu.Bridge.Outliving;

/// <summary>
/// Sockets of programs whose server has died. Each stands for an open file until no process has it open any more; who has one gets
/// another in its place, when it calls (IOMMU_SHIM_TAKE_BACK). Any thread may call it.
/// </summary>
/// <param name="closings">Who waits for closes.</param>
internal sealed class LostSockets(Closings closings) : IDisposable
{
    /// <summary>How long a close may stay unseen of a program that does not call.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Lost> _lost = [];
    private Timer? _timer;

    /// <summary>Sockets that stand for a file.</summary>
    public int Count { get { lock (_lock) return _lost.Count; } }

    public void Add(LostSocket socket, DescriptorLink place)
    {
        lock (_lock)
        {
            _lost[socket.Socket.Cookie] = new Lost(socket, place);
            _timer ??= new Timer(_ => TakeClosed(), null, LookAgain, LookAgain);
        }
    }

    /// <summary>Null when it stands for no file.</summary>
    public LostSocket? Find(SocketIdentity socket)
    {
        lock (_lock) return _lost.GetValueOrDefault(socket.Cookie)?.Socket;
    }

    /// <summary>Finds out which of them nobody has open any more, and begins to close their files.</summary>
    public void TakeClosed()
    {
        List<LostSocket> closed = [];
        lock (_lock)
        {
            var moved = _lost.Values.Where(lost => lost.Place.Target != OpenDescriptors.TargetOf(lost.Socket.Socket.Inode)).ToList();
            if (moved.Count == 0) return;
            var found = OpenDescriptors.FindSockets([.. moved.Select(lost => lost.Socket.Socket.Inode)]);
            foreach (var lost in moved)
            {
                if (found.TryGetValue(lost.Socket.Socket.Inode, out var place)) lost.Place = place;
                else if (_lost.Remove(lost.Socket.Socket.Cookie)) closed.Add(lost.Socket);
            }
            if (_lost.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
        foreach (var socket in closed) closings.Add([socket.Program], socket.ClosedAsync());
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _lost.Clear();
            _timer?.Dispose();
        }
    }

    private sealed class Lost(LostSocket socket, DescriptorLink place)
    {
        public LostSocket Socket => socket;

        public DescriptorLink Place { get; set; } = place;
    }
}

/// <summary>A socket whose server has died, and the file that it stands for.</summary>
/// <param name="Entry">As the ledger has it.</param>
/// <param name="Shared">The file: the socket is one of its holders.</param>
/// <param name="Serve">Makes what is behind a connection that takes its place, from the program's end and the server's.</param>
/// <param name="ClosedAsync">Nobody has it open any more.</param>
internal sealed record LostSocket(
    LedgerSocket Entry, SharedFile Shared, Func<SocketIdentity, Descriptor, IServedFile> Serve, Func<Task> ClosedAsync)
{
    public SocketIdentity Socket => Entry.Socket;

    public uint Program => Entry.Program;
}
