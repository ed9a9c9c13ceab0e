using Iommu.Hardware.Processes;

namespace Iommu.Actors.Core.Ioas;

/// <summary>How pinned pages are charged (IOPT_PAGES_ACCOUNT_*).</summary>
public enum PinMode
{
    /// <summary>To nobody: the process may lock as much as it likes (CAP_IPC_LOCK).</summary>
    None,

    /// <summary>To the user, against the process's limit.</summary>
    User,

    /// <summary>To the process itself, against its limit: as VFIO does it.</summary>
    Process,
}

/// <summary>Whom pinned pages are charged to (pages.c, iopt_pages_update_pinned).</summary>
public sealed record PinAccount(UserProcess Process, PinMode Mode)
{
    private long LimitPages => (long)(Process.MemlockLimitBytes / PinnedPages.PageBytes);

    /// <summary>The account of pages that a process maps.</summary>
    /// <param name="process">The process.</param>
    /// <param name="byProcess">Whether the context counts by process (IOMMU_OPTION_RLIMIT_MODE).</param>
    public static PinAccount Of(UserProcess process, bool byProcess) => new(process,
        process.Has(ProcessCapabilities.IpcLock) ? PinMode.None : byProcess ? PinMode.Process : PinMode.User);

    /// <summary>False when that would pass RLIMIT_MEMLOCK; nothing is charged then.</summary>
    public bool TryCharge(long pages)
    {
        if (Mode == PinMode.User && !Process.User.TryCharge(pages, LimitPages)) return false;
        if (Mode == PinMode.Process && !Process.Own.TryCharge(pages, LimitPages)) return false;
        Process.CountPinned(pages);
        return true;
    }

    public void Uncharge(long pages)
    {
        if (Mode == PinMode.User) Process.User.Uncharge(pages);
        if (Mode == PinMode.Process) Process.Own.Uncharge(pages);
        Process.CountPinned(-pages);
    }
}
