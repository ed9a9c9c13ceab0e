using Iommu.Bridge.Native;

namespace Iommu.Bridge.Memory;

/// <summary>
/// The files behind shared pages, held open while a page of them is pinned: it stays reachable when the program that mapped it has gone.
/// Opening a mapping's file through /proc needs a right that not every user has; without it, only living programs are reached.
/// Any thread may call it.
/// </summary>
internal sealed class PinnedFiles : IDisposable
{
    private const int OpenReadWrite = 2 | 0x80000;
    private const int OpenRead = 0x80000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(ulong Device, ulong Inode), Kept> _files = [];

    /// <summary>Files that are held open.</summary>
    public int Count { get { lock (_lock) return _files.Count; } }

    /// <summary>A page is pinned once more.</summary>
    public void Keep(PageBacking page, int pid, Mapping mapping)
    {
        if (page.Device == PageBacking.PrivateMemory) return;
        lock (_lock)
        {
            if (!_files.TryGetValue((page.Device, page.Inode), out var kept))
                _files[(page.Device, page.Inode)] = kept = new Kept(Open(pid, mapping));
            kept.Pins++;
        }
    }

    /// <summary>A pin of a page has been taken back.</summary>
    public void Drop(PageBacking page)
    {
        if (page.Device == PageBacking.PrivateMemory) return;
        Kept? last = null;
        lock (_lock)
            if (_files.TryGetValue((page.Device, page.Inode), out var kept) && --kept.Pins == 0)
                _files.Remove((page.Device, page.Inode), out last);
        last?.File?.Dispose();
    }

    /// <summary>Null when the file could not be kept.</summary>
    public Descriptor? Find(PageBacking page)
    {
        lock (_lock) return _files.GetValueOrDefault((page.Device, page.Inode))?.File;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var kept in _files.Values) kept.File?.Dispose();
            _files.Clear();
        }
    }

    private static Descriptor? Open(int pid, Mapping mapping)
    {
        var path = $"/proc/{pid}/map_files/{mapping.Start:x}-{mapping.End:x}";
        var opened = Libc.open(path, OpenReadWrite, 0);
        if (opened < 0) opened = Libc.open(path, OpenRead, 0);
        return opened < 0 ? null : new Descriptor(opened);
    }

    private sealed class Kept(Descriptor? file)
    {
        public Descriptor? File => file;

        public long Pins { get; set; }
    }
}
