using System.Collections.Concurrent;
using System.Globalization;
using Iommu.Bridge.Memory;
using Iommu.Bridge.Native;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Bridge.Processes;

/// <summary>
/// The descriptors of a program. One that it names is looked up in the program itself. One that it is to be given is kept under a token
/// until the reply takes it along: only the program's own side can install it.
/// </summary>
/// <param name="pid">The program.</param>
/// <param name="links">The files that programs were given.</param>
/// <param name="frames">Where pages of files are.</param>
/// <param name="findNumber">The file that a journal names; null when there is none.</param>
internal sealed class ClientFiles(int pid, FileLinks links, PageFrames frames, Func<ulong, IHeldFile?> findNumber) : IFileTable, IDisposable
{
    private const string Socket = "socket:[";
    private const int OpenReadWrite = 2 | OpenRead;
    private const int OpenRead = 0x80000;
    private const int FirstToken = 1 << 30;

    private readonly ConcurrentDictionary<int, IOpenFile> _toGive = new();
    private readonly LookedUpFiles _lookedUp = new();
    private int _token = FirstToken;
    private bool _ended;

    /// <summary>Files that wait to be given.</summary>
    public int Count => _toGive.Count;

    public Result<int> Install(IOpenFile file)
    {
        var token = Interlocked.Increment(ref _token);
        Fill(token, file);
        return token;
    }

    public Result<int> Reserve() => Interlocked.Increment(ref _token);

    public void Fill(int descriptor, IOpenFile file)
    {
        _toGive[descriptor] = file;
        Interlocked.MemoryBarrier();
        // A call may outlive its program: nobody is there to be given the file.
        if (Volatile.Read(ref _ended)) Close(descriptor);
    }

    public void GiveBack(int descriptor)
    {
    }

    /// <summary>The file behind a token, which is the caller's from now on; null when there is none.</summary>
    public IOpenFile? Take(int token) => _toGive.TryRemove(token, out var file) ? file : null;

    /// <summary>A call begins: files that it looks up stay open at least until it ends.</summary>
    public IDisposable BeginCall() => _lookedUp.BeginCall();

    public IOpenFile? Find(int descriptor)
    {
        if (_toGive.TryGetValue(descriptor, out var waiting)) return waiting;
        var path = $"/proc/{pid}/fd/{descriptor}";
        // Sockets are not opened: a copy here would put off what the program's own close of it does.
        if (TargetOf(path) is not { } target) return null;
        if (target.StartsWith(Socket, StringComparison.Ordinal))
            return ulong.TryParse(target.AsSpan(Socket.Length).TrimEnd(']'), CultureInfo.InvariantCulture, out var inode)
                ? links.Find(inode) ?? OtherFile.Instance : OtherFile.Instance;
        return OpenMemoryFile(path) is { } file ? _lookedUp.Add(new ClientFile(file, frames)) : OtherFile.Instance;
    }

    /// <summary>Null when it is something else, or cannot be opened.</summary>
    /// <param name="path">A link in /proc/PID/fd.</param>
    public static Descriptor? OpenMemoryFile(string path)
    {
        // What may not stand another opening is not opened: a pipe, a device.
        if (RegularAt(path) is null) return null;
        var opened = Libc.open(path, OpenReadWrite, 0);
        if (opened < 0) opened = Libc.open(path, OpenRead, 0);
        if (opened < 0) return null;
        var file = new Descriptor(opened);
        if (file.IsMemoryFile()) return file;
        file.Dispose();
        return null;
    }

    /// <summary>The number by which journals know the memory file there; null when there is none.</summary>
    /// <param name="path">A link in /proc/PID/fd.</param>
    public static unsafe ulong? MemoryFileAt(string path)
    {
        var stat = stackalloc long[32];
        return Libc.statfs(path, stat) == 0 && Descriptor.IsOfMemory(*stat) ? RegularAt(path) : null;
    }

    public IHeldFile? FindNumber(ulong number) => findNumber(number);

    public Errno Close(int descriptor)
    {
        if (Take(descriptor) is not { } file) return Errno.EBADF;
        file.Closed();
        return Errno.None;
    }

    /// <summary>The program has ended: what it was to be given it never gets.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _ended, true);
        Interlocked.MemoryBarrier();
        foreach (var token in _toGive.Keys) Close(token);
    }

    /// <summary>What a descriptor is, as the kernel describes it; null when it is not open.</summary>
    private static string? TargetOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The inode of a regular file; null for any other.</summary>
    private static unsafe ulong? RegularAt(string path)
    {
        Libc.Statx stat;
        const uint typeAndInode = 0x1 | 0x100;
        return Libc.statx(-1, path, 0, typeAndInode, &stat) == 0 && (stat.Mode & 0xf000) == 0x8000 ? stat.Inode : null;
    }

    /// <summary>Something that is open, and that iommufd can do nothing with.</summary>
    private sealed class OtherFile : IOpenFile
    {
        public static readonly OtherFile Instance = new();

        public void Closed()
        {
        }
    }
}
