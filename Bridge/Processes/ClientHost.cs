using System.Collections.Concurrent;
using Iommu.Bridge.Memory;
using Iommu.Bridge.Native;
using Iommu.Bridge.Server;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge.Processes;

/// <summary>All programs that use the simulator, and what they share. Any thread may call it.</summary>
/// <param name="loop">Tells of their ends.</param>
/// <param name="granted">What each may do in the simulator, whatever it may do on this machine.</param>
internal sealed class ClientHost(EventLoop loop, ProcessCapabilities granted) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, ClientProcess> _processes = [];
    private readonly ConcurrentDictionary<uint, UserAccount> _users = new();
    private ulong _number;

    public ProcessCapabilities Granted => granted;

    public PageFrames Frames { get; } = new();

    public PinnedFiles PinnedFiles { get; } = new();

    public FileLinks Links { get; } = new();

    /// <summary>Processes that have called and live.</summary>
    public int Count { get { lock (_lock) return _processes.Count; } }

    /// <summary>Pages that are locked on any user's account.</summary>
    public long LockedPages => _users.Values.Sum(user => user.LockedPages);

    /// <summary>Tasks that end when the processes have.</summary>
    public IReadOnlyList<Task> EndsOfAllBut(int pid)
    {
        lock (_lock) return [.. _processes.Values.Where(process => process.Pid != pid).Select(process => process.Ended)];
    }

    /// <summary>The process that calls.</summary>
    /// <exception cref="BridgeException">It is gone, or this user may not look at it.</exception>
    public ClientProcess Find(Credentials caller)
    {
        lock (_lock)
        {
            if (_processes.TryGetValue(caller.Process, out var known))
            {
                if (known.Lives) return known;
                Forget(known);
            }
            var user = _users.GetOrAdd(caller.User, _ => new UserAccount());
            var process = new ClientProcess(caller.Process, ++_number, user, this);
            _processes[caller.Process] = process;
            loop.Watch(process.Pidfd, () =>
            {
                lock (_lock)
                    if (_processes.GetValueOrDefault(process.Pid) == process) Forget(process);
            });
            return process;
        }
    }

    /// <summary>Null when this process has never called.</summary>
    public ClientProcess? Known(int pid)
    {
        lock (_lock) return _processes.GetValueOrDefault(pid) is { Lives: true } process ? process : null;
    }

    public void Dispose()
    {
        lock (_lock)
            foreach (var process in _processes.Values.ToList()) Forget(process);
        PinnedFiles.Dispose();
    }

    private void Forget(ClientProcess process)
    {
        _processes.Remove(process.Pid);
        loop.Forget(process.Pidfd);
        process.Dispose();
    }
}
