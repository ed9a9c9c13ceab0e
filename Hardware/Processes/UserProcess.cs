using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Processes;

/// <summary>A process that calls iommufd: its memory, its files, and what it is allowed.</summary>
/// <param name="memory">Its address space.</param>
public sealed class UserProcess(IUserMemory memory)
{
    private long _pinnedPages;

    public IUserMemory Memory { get; } = memory;

    /// <summary>What journals know it by, where others than who opens a context map memory of their own; 0 is who opens it.</summary>
    public ulong Number { get; init; }

    /// <summary>Another process that has the same files, by its <see cref="Number"/>; null when there is none.</summary>
    public Func<ulong, UserProcess?> Relatives { get; init; } = _ => null;

    public IFileTable Files { get; init; } = new FileTable();

    /// <summary>Who runs it.</summary>
    public UserAccount User { get; init; } = new();

    /// <summary>What it may do. A process can give a right up at any time.</summary>
    public ProcessCapabilities Capabilities { get; set; } = ProcessCapabilities.All;

    /// <summary>RLIMIT_MEMLOCK.</summary>
    public ulong MemlockLimitBytes { get; set; } = ulong.MaxValue;

    /// <summary>Pages charged to the process itself (mm->locked_vm): with the VFIO way of counting.</summary>
    public UserAccount Own { get; } = new();

    /// <summary>Pages that are pinned on its account, whether they are charged or not (mm->pinned_vm).</summary>
    public long PinnedPages => Interlocked.Read(ref _pinnedPages);

    /// <summary>Pages were pinned on its account, or fewer are.</summary>
    public void CountPinned(long pages) => Interlocked.Add(ref _pinnedPages, pages);

    public bool Has(ProcessCapabilities capability) => (Capabilities & capability) == capability;
}
