using System.Collections.Concurrent;
using Iommu.Bridge.Memory;
using Iommu.Bridge.Native;
using Iommu.Bridge.Outliving;
using Iommu.Bridge.Server;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge.Processes;

/// <summary>All programs that use the simulator, and what they share. Any thread may call it.</summary>
/// <param name="loop">Tells of their ends.</param>
/// <param name="granted">What each may do in the simulator, whatever it may do on this machine.</param>
/// <param name="ledger">Where those are written down that call; null when nothing comes after this server.</param>
internal sealed partial class ClientHost(EventLoop loop, ProcessCapabilities granted, FileLedger? ledger) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, ClientProcess> _processes = [];
    private readonly ConcurrentDictionary<uint, UserAccount> _users = new();
    private ulong _number = ledger?.LastProcess ?? 0;

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
            var process = new ClientProcess(caller.Process, ++_number, UserOf(caller.User), this);
            if (ledger is not null && ProcessIdentity.Of(caller.Process) is { } identity)
                ledger.Add(new LedgerProcess(process.Number, identity, caller.User));
            return Keep(process);
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

    private UserAccount UserOf(uint user) => _users.GetOrAdd(user, _ => new UserAccount());

    private ClientProcess Keep(ClientProcess process)
    {
        _processes[process.Pid] = process;
        loop.Watch(process.Pidfd, () =>
        {
            lock (_lock)
                if (_processes.GetValueOrDefault(process.Pid) == process) Forget(process);
        });
        return process;
    }

    private void Forget(ClientProcess process)
    {
        _processes.Remove(process.Pid);
        loop.Forget(process.Pidfd);
        ledger?.RemoveProcess(process.Number);
        process.Dispose();
    }
}
