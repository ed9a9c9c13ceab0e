using Iommu.Bridge.Memory;
using Iommu.Bridge.Native;
using Iommu.Bridge.Outliving;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge.Processes;

/// <summary>Back to the processes and the files that a journal names.</summary>
internal sealed partial class ClientHost
{
    private readonly Dictionary<ulong, UserProcess> _restored = [];
    private Dictionary<ulong, string>? _memoryFiles;

    /// <summary>The process that journals know by this number, with the memory that it has; one without memory when it has ended.</summary>
    public UserProcess Restore(ulong number)
    {
        lock (_lock)
        {
            if (_restored.TryGetValue(number, out var known)) return known;
            return _restored[number] = RestoreLiving(number) ?? Ended(number);
        }
    }

    /// <summary>A process that nobody knows any more.</summary>
    public UserProcess Unknown()
    {
        lock (_lock) return Ended(++_number);
    }

    /// <summary>The file that a journal names. What nobody has open any more stands for its pages, and nothing is in them.</summary>
    public IHeldFile FindFile(ulong number)
    {
        // The exporter's memory went with its machine.
        if (MockExporter.IsNumber(number)) return TakenAway(number);
        lock (_lock)
        {
            _memoryFiles ??= MemoryFiles();
            if (_memoryFiles.TryGetValue(number, out var path) && ClientFiles.OpenMemoryFile(path) is { } file)
                return new ClientFile(file, Frames);
            return new UnreachablePages(++_number, Frames, number);
        }
    }

    /// <summary>Everything is back: what is pinned from now on must be there.</summary>
    public void EndRestore()
    {
        lock (_lock)
        {
            foreach (var process in _processes.Values) process.EndRestore();
            _restored.Clear();
            _memoryFiles = null;
        }
    }

    private UserProcess? RestoreLiving(ulong number)
    {
        if (ledger?.FindProcess(number) is not { Identity: var identity } entry) return null;
        if (ProcessIdentity.Of(identity.Pid) != identity) return null;
        try
        {
            return Keep(new ClientProcess(identity.Pid, number, UserOf(entry.User), this, identity)).Process;
        }
        catch (BridgeException)
        {
            // It has ended just now.
            return null;
        }
    }

    private UserProcess Ended(ulong number) => new(new UnreachablePages(number, Frames))
    {
        // No process has this number: it has no descriptors.
        Files = new ClientFiles(0, Links, Frames, FindFile), Number = number, Relatives = Restore,
    };

    private static DmaBuf TakenAway(ulong number)
    {
        var buffer = new DmaBuf(number, 0, 0);
        buffer.Revoke(revoked: true, () => { });
        return buffer;
    }

    /// <summary>Where the memory files are open that processes of this user have, by their numbers.</summary>
    private static Dictionary<ulong, string> MemoryFiles()
    {
        var files = new Dictionary<ulong, string>();
        foreach (var descriptor in OpenDescriptors.All())
            if (ClientFiles.MemoryFileAt(descriptor.Path) is { } number) files.TryAdd(number, descriptor.Path);
        return files;
    }
}
