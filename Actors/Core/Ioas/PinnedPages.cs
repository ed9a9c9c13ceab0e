using Iommu.Messages;
using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core.Ioas;

/// <summary>
/// An array of pages that areas, of one IOAS or of several, map parts of (struct iopt_pages). A page is pinned and charged once,
/// however many areas with domains and accesses use it. IOASes share these objects, so that any thread may call them.
/// </summary>
public abstract class PinnedPages
{
    public const ulong PageBytes = 4096;

    private int _holders = 1;

    /// <param name="what">Which pages: number, file, address of the first byte, length, whether they are pinned to be written.</param>
    protected PinnedPages(AreaPages what) => What = what;

    /// <summary>What a journal says of them.</summary>
    public AreaPages What { get; }

    public bool Writable => What.Writable;

    /// <summary>Number of pages; the first and the last may be used in part.</summary>
    public ulong PageCount => (What.LengthBytes + What.Start % PageBytes - 1) / PageBytes + 1;

    /// <summary>Address in the process, or offset in the file, of the first page.</summary>
    public ulong BaseAddress => What.Start & ~(PageBytes - 1);

    /// <summary>Told when nobody holds them any more.</summary>
    internal Action<PinnedPages>? WhenReleased { get; set; }

    /// <summary>Pages that are pinned now.</summary>
    public abstract long PinnedCount { get; }

    /// <summary>Whether IOAS_CHANGE_PROCESS may charge them to another process: pages of a file, but no dma-buf.</summary>
    public abstract bool CanChangeProcess { get; }

    /// <summary>Whether the exporter has taken them away: nothing is mapped any more.</summary>
    public virtual bool Revoked => false;

    /// <summary>Holders that have not let go: the areas that they are behind, and calls on the way to make one.</summary>
    public int Holders => Volatile.Read(ref _holders);

    /// <summary>One holder more: an area.</summary>
    public PinnedPages Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;
        Release();
        WhenReleased?.Invoke(this);
    }

    /// <summary>Everybody who held or used them is gone: unpins what is pinned.</summary>
    public void Abandon()
    {
        EndAllUses();
        if (Interlocked.Exchange(ref _holders, 0) > 0) Release();
    }

    /// <summary>An area's domains are about to map these pages: pins and charges those that nobody uses yet.</summary>
    /// <returns>EFAULT, EINVAL, ENOMEM as the memory has it, ENOMEM over the limit; nothing has changed then.</returns>
    public abstract Errno Use(ulong first, ulong last);

    /// <summary>Undoes one <see cref="Use"/> of exactly these pages. Whoever could reach them has forgotten them before.</summary>
    public abstract void EndUse(ulong first, ulong last);

    /// <summary>Where pages that are in use are, in order, in runs that are physically contiguous. Empty when they are revoked.</summary>
    public abstract IReadOnlyList<FrameRun> Runs(ulong first, ulong last);

    /// <summary>Where a byte is, as domains and accesses see it; null when its page is not in use, or taken away.</summary>
    public abstract ulong? PhysicalOf(ulong startByte);

    /// <summary>Pins pages for a driver's own access and adds the address of each to a list (iopt_area_add_access).</summary>
    /// <returns>EPERM to write what is not writable, EINVAL of a dma-buf, and as <see cref="Use"/>.</returns>
    public abstract Errno AddAccess(ulong first, ulong last, bool write, List<ulong> frames);

    /// <summary>Whether an access stands on exactly these pages.</summary>
    public abstract bool HasAccess(ulong first, ulong last);

    /// <summary>Undoes one <see cref="AddAccess"/> of exactly these pages.</summary>
    public abstract void RemoveAccess(ulong first, ulong last);

    /// <summary>Copies bytes out, pinned or not (iopt_pages_rw_access).</summary>
    /// <returns>EFAULT, or EINVAL, where they cannot be had.</returns>
    public abstract Errno Read(ulong startByte, Span<byte> destination);

    /// <summary>Copies bytes in. EPERM when they are not writable; as <see cref="Read"/>.</summary>
    public abstract Errno Write(ulong startByte, ReadOnlySpan<byte> source);

    /// <summary>Charges what is pinned to another account, which has been charged for it already.</summary>
    public virtual void ChangeAccount(PinAccount account) => throw new InvalidOperationException("these pages have no account");

    /// <summary>Whom their pins are charged to; null when they are not pinned by us.</summary>
    public virtual PinAccount? Account => null;

    /// <summary>Nobody uses them any more.</summary>
    protected abstract void EndAllUses();

    /// <summary>Nobody holds them any more.</summary>
    protected abstract void Release();
}

/// <summary>Physically contiguous pages.</summary>
public readonly record struct FrameRun(ulong Physical, ulong Pages);
