using System.Collections.Concurrent;
using Iommu.Actors.Core;
using Iommu.Bridge.Memory;
using Iommu.Bridge.Native;
using Iommu.Bridge.Outliving;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge.Processes;

/// <summary>A program that calls: its process as iommufd sees it, kept while it lives with the memory that it has.</summary>
internal sealed unsafe class ClientProcess : IDisposable
{
    private const long PidfdOpen = 434;
    private const int OpenRead = 0x80000;
    private const int CapabilityVersion = 0x20080522;

    /// <summary>Capabilities by their bit (linux/capability.h).</summary>
    private static readonly (int Bit, ProcessCapabilities Capability)[] Capabilities =
    [
        (14, ProcessCapabilities.IpcLock), (17, ProcessCapabilities.SysRawio), (24, ProcessCapabilities.SysResource),
    ];

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<uint, FailNth> _failures = new();
    private readonly ProcessMemory _pages;
    private readonly ProcessIdentity? _identity;
    private readonly Descriptor? _memory;
    private readonly ProcessCapabilities _granted;

    /// <param name="pid">Its number.</param>
    /// <param name="number">A number that no other process had or will have.</param>
    /// <param name="user">Who runs it.</param>
    /// <param name="host">What all programs share.</param>
    /// <param name="restored">Which it is, when it has called an earlier server, and not yet this one.</param>
    /// <exception cref="BridgeException">There is no such process, or this user may not look at it.</exception>
    public ClientProcess(int pid, ulong number, UserAccount user, ClientHost host, ProcessIdentity? restored = null)
    {
        (Pid, Number, _identity) = (pid, number, restored);
        _granted = host.Granted;
        Pidfd = Descriptor.Of((int)Libc.Syscall(PidfdOpen, pid, 0, 0), $"pidfd_open {pid}");
        try
        {
            _memory = Descriptor.Of(Libc.open($"/proc/{pid}/mem", OpenRead, 0), $"open /proc/{pid}/mem");
        }
        catch (BridgeException) when (restored is not null)
        {
            // Where only who is admitted may look (Yama): it admits this server when it calls.
        }
        catch (BridgeException)
        {
            Pidfd.Dispose();
            throw;
        }
        Files = new ClientFiles(pid, host.Links, host.Frames, host.FindFile);
        _pages = new ProcessMemory(pid, number, host.Frames, host.PinnedFiles) { Restoring = restored is not null };
        Process = new UserProcess(_pages) { User = user, Files = Files, Number = number, Relatives = host.Restore };
    }

    public int Pid { get; }

    /// <summary>What journals know it by.</summary>
    public ulong Number { get; }

    /// <summary>Ends when it is kept no more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Readable when it has ended.</summary>
    public Descriptor Pidfd { get; }

    public ClientFiles Files { get; }

    public UserProcess Process { get; }

    /// <summary>
    /// Whether it still has the memory that it had: not when it has ended, whoever has its number now, and not after exec(). The open
    /// file belongs to that memory (proc_pid_mem(5)), which is found empty when it is gone, and nowhere mapped at 0 while it is there.
    /// </summary>
    public bool Lives
    {
        get
        {
            if (_memory is null) return ProcessIdentity.Of(Pid) == _identity;
            byte any;
            return Libc.pread(_memory.Number, &any, 1, 0) != 0;
        }
    }

    /// <summary>From now on what is pinned must be there.</summary>
    public void EndRestore() => _pages.Restoring = false;

    /// <summary>Looks at its limit of locked memory and its rights again: they may have changed.</summary>
    /// <param name="thread">Whose rights: each thread has its own.</param>
    public void Refresh(uint thread)
    {
        var limit = stackalloc ulong[2];
        if (Libc.prlimit(Pid, Libc.RlimitMemlock, null, limit) == 0) Process.MemlockLimitBytes = limit[0];
        var header = stackalloc int[] { CapabilityVersion, (int)thread };
        var sets = stackalloc uint[6];
        // Gone between its request and now: the call will find that out.
        if (Libc.capget(header, sets) != 0) return;
        var capabilities = _granted;
        foreach (var (bit, capability) in Capabilities)
            if ((sets[0] & (1U << bit)) != 0) capabilities |= capability;
        Process.Capabilities = capabilities;
    }

    /// <summary>The fail-nth of a thread; null when it never had one.</summary>
    public FailNth? FailuresOf(uint thread) => _failures.GetValueOrDefault(thread);

    /// <summary>The fail-nth of a thread, from now on; null when it is no thread of this process.</summary>
    public FailNth? MakeFailuresOf(uint thread) =>
        Directory.Exists($"/proc/{Pid}/task/{thread}") ? _failures.GetOrAdd(thread, _ => new FailNth()) : null;

    public void Dispose()
    {
        Files.Dispose();
        _memory?.Dispose();
        Pidfd.Dispose();
        _ended.TrySetResult();
    }
}
