using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core.Ioas;

/// <summary>
/// Pages of a dma-buf: always where they are, neither pinned nor charged, until the exporter takes them away. Areas on them stand
/// then, but nothing is mapped for them any more (pages.c, iopt_revoke_notify).
/// </summary>
public sealed class DmaBufPages : PinnedPages, IDmaBufImporter
{
    private readonly Lock _lock = new();
    private readonly List<Action<PinnedPages, Action>> _watchers = [];
    private readonly DmaBuf? _buffer;
    private ulong _physical;
    private bool _revoked;

    private DmaBufPages(AreaPages what, DmaBuf? buffer) : base(what) => _buffer = buffer;

    public override long PinnedCount => 0;

    public override bool CanChangeProcess => false;

    public override bool Revoked { get { lock (_lock) return _revoked; } }

    /// <summary>Imports a buffer that the caller holds for these pages.</summary>
    /// <returns>ENODEV while it is revoked.</returns>
    public static Result<PinnedPages> Import(AreaPages what, DmaBuf buffer)
    {
        var pages = new DmaBufPages(what, buffer);
        lock (pages._lock)
        {
            var attached = buffer.Attach(pages);
            if (attached.Failed) return attached.Errno;
            pages._physical = attached.Value;
            return pages;
        }
    }

    /// <summary>Pages that were taken away before the journal was read: whatever has become of the buffer, they do not come back.</summary>
    public static PinnedPages TakenAwayBefore(AreaPages what) => new DmaBufPages(what, null) { _revoked = true };

    /// <summary>
    /// Has an IOAS told when they are taken away; it is to take them out of its domains, and then to run what it is given.
    /// </summary>
    public void Watch(Action<PinnedPages, Action> watcher)
    {
        lock (_lock) _watchers.Add(watcher);
    }

    /// <summary>Undoes one <see cref="Watch"/>.</summary>
    public void Unwatch(Action<PinnedPages, Action> watcher)
    {
        lock (_lock) _watchers.Remove(watcher);
    }

    public void TakenAway(Action done)
    {
        Action<PinnedPages, Action>[] watchers;
        lock (_lock)
        {
            watchers = _revoked ? [] : [.. _watchers.Distinct()];
            _revoked = true;
        }
        var waiting = 1 + watchers.Length;
        foreach (var watcher in watchers) watcher(this, One);
        One();

        void One()
        {
            if (Interlocked.Decrement(ref waiting) == 0) done();
        }
    }

    public override Errno Use(ulong first, ulong last) => Errno.None;

    public override void EndUse(ulong first, ulong last)
    {
    }

    public override IReadOnlyList<FrameRun> Runs(ulong first, ulong last)
    {
        lock (_lock) return _revoked ? [] : [new FrameRun(_physical + BaseAddress + first * PageBytes, last - first + 1)];
    }

    public override ulong? PhysicalOf(ulong startByte)
    {
        lock (_lock) return _revoked ? null : _physical + BaseAddress + startByte;
    }

    public override Errno AddAccess(ulong first, ulong last, bool write, List<ulong> frames) => Refusal(write);

    public override bool HasAccess(ulong first, ulong last) => false;

    public override void RemoveAccess(ulong first, ulong last) => throw new InvalidOperationException("no access stands on a dma-buf");

    public override Errno Read(ulong startByte, Span<byte> destination) => Refusal(write: false);

    public override Errno Write(ulong startByte, ReadOnlySpan<byte> source) => Refusal(write: true);

    protected override void EndAllUses()
    {
        lock (_lock) _watchers.Clear();
    }

    protected override void Release()
    {
        _buffer?.Detach(this);
        _buffer?.LetGo();
    }

    private Errno Refusal(bool write) => write && !Writable ? Errno.EPERM : Errno.EINVAL;
}
