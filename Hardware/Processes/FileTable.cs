using Iommu.Messages;

namespace Iommu.Hardware.Processes;

/// <summary>The file descriptors of a simulated process. Any thread may call it.</summary>
public sealed class FileTable : IFileTable
{
    private readonly Lock _lock = new();
    // Null is a descriptor that is reserved.
    private readonly SortedDictionary<int, OpenCount?> _open = [];
    private readonly int _descriptorsMax;

    /// <param name="descriptorsMax">RLIMIT_NOFILE: descriptors are below it.</param>
    public FileTable(int descriptorsMax = 1 << 20) => _descriptorsMax = descriptorsMax;

    public int Count { get { lock (_lock) return _open.Count; } }

    /// <summary>The lowest free descriptor.</summary>
    public Result<int> Install(IOpenFile file)
    {
        lock (_lock) return InstallLocked(new OpenCount(file));
    }

    public Result<int> Reserve()
    {
        lock (_lock) return InstallLocked(null);
    }

    public void Fill(int descriptor, IOpenFile file)
    {
        lock (_lock) _open[descriptor] = new OpenCount(file);
    }

    public void GiveBack(int descriptor)
    {
        lock (_lock) _open.Remove(descriptor);
    }

    /// <summary>dup(). EBADF.</summary>
    public Result<int> Duplicate(int descriptor)
    {
        lock (_lock)
        {
            if (_open.GetValueOrDefault(descriptor) is not { } file) return Errno.EBADF;
            var duplicate = InstallLocked(file);
            if (!duplicate.Failed) file.Descriptors++;
            return duplicate;
        }
    }

    /// <summary>Null when the descriptor is not open.</summary>
    public IOpenFile? Find(int descriptor)
    {
        lock (_lock) return _open.GetValueOrDefault(descriptor)?.File;
    }

    /// <summary>The file that a journal names; null when none with this number is open.</summary>
    public IHeldFile? FindNumber(ulong number)
    {
        lock (_lock)
            return _open.Values.Select(file => file?.File).OfType<IHeldFile>().FirstOrDefault(file => file.Number == number);
    }

    /// <summary>close(). EBADF.</summary>
    public Errno Close(int descriptor)
    {
        OpenCount? file;
        lock (_lock)
        {
            file = _open.GetValueOrDefault(descriptor);
            if (file is null) return Errno.EBADF;
            _open.Remove(descriptor);
            if (--file.Descriptors > 0) return Errno.None;
        }
        file.File.Closed();
        return Errno.None;
    }

    private Result<int> InstallLocked(OpenCount? file)
    {
        var lowest = 0;
        foreach (var taken in _open.Keys)
        {
            if (taken != lowest) break;
            lowest++;
        }
        if (lowest >= _descriptorsMax) return Errno.EMFILE;
        _open[lowest] = file;
        return lowest;
    }

    private sealed class OpenCount(IOpenFile file)
    {
        public IOpenFile File => file;

        public int Descriptors { get; set; } = 1;
    }
}
