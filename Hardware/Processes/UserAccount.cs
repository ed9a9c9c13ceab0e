namespace Iommu.Hardware.Processes;

/// <summary>A user: all processes of it share one count of locked pages (struct user_struct, locked_vm).</summary>
public sealed class UserAccount
{
    private long _lockedPages;

    public long LockedPages => Interlocked.Read(ref _lockedPages);

    /// <summary>Charges pages. False when that would pass the limit; nothing is charged then.</summary>
    public bool TryCharge(long pages, long limitPages)
    {
        while (true)
        {
            var before = Interlocked.Read(ref _lockedPages);
            if (before + pages > limitPages) return false;
            if (Interlocked.CompareExchange(ref _lockedPages, before + pages, before) == before) return true;
        }
    }

    /// <summary>Gives a charge back.</summary>
    public void Uncharge(long pages)
    {
        if (Interlocked.Add(ref _lockedPages, -pages) < 0)
            throw new InvalidOperationException("more locked pages were given back than had been charged");
    }
}
