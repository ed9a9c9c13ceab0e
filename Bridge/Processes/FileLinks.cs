using System.Collections.Concurrent;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge.Processes;

/// <summary>Which of our files is behind which socket of a program: the program's end tells itself by its inode.</summary>
internal sealed class FileLinks
{
    private readonly ConcurrentDictionary<ulong, IOpenFile> _files = new();

    public void Add(ulong programsEnd, IOpenFile file) => _files[programsEnd] = file;

    public void Remove(ulong programsEnd) => _files.TryRemove(programsEnd, out _);

    /// <param name="programsEnd">The inode of its socket.</param>
    public IOpenFile? Find(ulong programsEnd) => _files.GetValueOrDefault(programsEnd);
}
