using System.Collections.Concurrent;
using Iommu.Bridge.Native;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge.Processes;

/// <summary>Which of our files is behind which socket of a program: the program's end tells itself by its inode.</summary>
internal sealed class FileLinks
{
    private readonly ConcurrentDictionary<ulong, IOpenFile> _files = new();

    public void Add(FileIdentity programsEnd, IOpenFile file) => _files[programsEnd.Inode] = file;

    public void Remove(FileIdentity programsEnd) => _files.TryRemove(programsEnd.Inode, out _);

    /// <param name="programsEnd">The inode of its socket.</param>
    public IOpenFile? Find(ulong programsEnd) => _files.GetValueOrDefault(programsEnd);
}
