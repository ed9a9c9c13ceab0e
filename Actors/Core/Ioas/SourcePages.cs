using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core.Ioas;

/// <summary>Pages of a process's memory, or of a memory file.</summary>
/// <param name="what">Which.</param>
/// <param name="source">Where they come from.</param>
/// <param name="account">Whom they are charged to.</param>
/// <param name="held">The file, which is held for them; null when they are a process's memory.</param>
public sealed class SourcePages(AreaPages what, IPageSource source, PinAccount account, IHeldFile? held = null) : PinnedPages(what)
{
    // Pieces, so that a length that nobody has memory for costs nothing before the first page that is missing.
    private const int ChunkPages = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, PageChunk> _chunks = [];
    private readonly Dictionary<(ulong First, ulong Last), int> _accesses = [];
    private PinAccount _account = account;
    private long _pinned;

    public IPageSource Source => source;

    public override long PinnedCount { get { lock (_lock) return _pinned; } }

    public override bool CanChangeProcess => What.File != 0;

    public override PinAccount Account => _account;

    /// <summary>The address, there where they come from, of a page.</summary>
    public ulong AddressOf(ulong page) => BaseAddress + page * PageBytes;

    /// <summary>How many areas with domains, and accesses, use a page.</summary>
    public int UsesOf(ulong page)
    {
        lock (_lock) return _chunks.GetValueOrDefault(page / ChunkPages)?.UsesOf((int)(page % ChunkPages)) ?? 0;
    }

    /// <summary>The ranges of pages that accesses stand on.</summary>
    public IReadOnlyList<(ulong First, ulong Last)> Accesses { get { lock (_lock) return [.. _accesses.Keys]; } }

    public override Errno Use(ulong first, ulong last)
    {
        lock (_lock) return UseLocked(first, last);
    }

    public override void EndUse(ulong first, ulong last)
    {
        lock (_lock) EndUseLocked(first, last);
    }

    public override IReadOnlyList<FrameRun> Runs(ulong first, ulong last)
    {
        var runs = new List<FrameRun>();
        var run = default(FrameRun);
        lock (_lock)
        {
            foreach (var (index, from, count) in Slices(first, last))
            {
                var chunk = _chunks[index];
                for (var page = from; page < from + count; page++)
                {
                    var frame = chunk.FrameOf(page);
                    if (run.Pages > 0 && frame == run.Physical + run.Pages * PageBytes) run = run with { Pages = run.Pages + 1 };
                    else
                    {
                        if (run.Pages > 0) runs.Add(run);
                        run = new FrameRun(frame, 1);
                    }
                }
            }
        }
        runs.Add(run);
        return runs;
    }

    public override ulong? PhysicalOf(ulong startByte)
    {
        lock (_lock)
        {
            PieceOf(startByte, 1, out var pinnedAt);
            return pinnedAt;
        }
    }

    public override Errno AddAccess(ulong first, ulong last, bool write, List<ulong> frames)
    {
        if (write && !Writable) return Errno.EPERM;
        lock (_lock)
        {
            var known = _accesses.GetValueOrDefault((first, last));
            if (known == 0 && UseLocked(first, last) is var errno and not Errno.None) return errno;
            _accesses[(first, last)] = known + 1;
            foreach (var (index, from, count) in Slices(first, last))
                for (var page = from; page < from + count; page++) frames.Add(_chunks[index].FrameOf(page));
            return Errno.None;
        }
    }

    public override bool HasAccess(ulong first, ulong last)
    {
        lock (_lock) return _accesses.ContainsKey((first, last));
    }

    public override void RemoveAccess(ulong first, ulong last)
    {
        lock (_lock)
        {
            if (--_accesses[(first, last)] > 0) return;
            _accesses.Remove((first, last));
            EndUseLocked(first, last);
        }
    }

    public override Errno Read(ulong startByte, Span<byte> destination)
    {
        lock (_lock)
        {
            for (var done = 0; done < destination.Length;)
            {
                var piece = destination[done..];
                piece = piece[..PieceOf(startByte + (ulong)done, piece.Length, out var pinnedAt)];
                var errno = pinnedAt is { } frame ? source.ReadPinned(frame, piece) : Errno.EFAULT;
                if (errno != Errno.None) errno = source.Read(BaseAddress + startByte + (ulong)done, piece);
                if (errno != Errno.None) return errno;
                done += piece.Length;
            }
            return Errno.None;
        }
    }

    public override Errno Write(ulong startByte, ReadOnlySpan<byte> bytes)
    {
        if (!Writable) return Errno.EPERM;
        lock (_lock)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var piece = bytes[done..];
                piece = piece[..PieceOf(startByte + (ulong)done, piece.Length, out var pinnedAt)];
                var errno = pinnedAt is { } frame ? source.WritePinned(frame, piece) : Errno.EFAULT;
                if (errno != Errno.None) errno = source.Write(BaseAddress + startByte + (ulong)done, piece);
                if (errno != Errno.None) return errno;
                done += piece.Length;
            }
            return Errno.None;
        }
    }

    public override void ChangeAccount(PinAccount account)
    {
        lock (_lock)
        {
            _account.Uncharge(_pinned);
            _account = account;
        }
    }

    protected override void EndAllUses()
    {
        lock (_lock)
        {
            foreach (var chunk in _chunks.Values) chunk.EndAllUses(source);
            _account.Uncharge(_pinned);
            _chunks.Clear();
            _accesses.Clear();
            _pinned = 0;
        }
    }

    protected override void Release() => held?.LetGo();

    /// <summary>
    /// Bytes from one on that lie in one page; what devices see of it while it is pinned, whatever its process has done since.
    /// </summary>
    private int PieceOf(ulong startByte, int length, out ulong? pinnedAt)
    {
        var (page, offset) = (startByte / PageBytes, startByte % PageBytes);
        var chunk = _chunks.GetValueOrDefault(page / ChunkPages);
        var index = (int)(page % ChunkPages);
        pinnedAt = chunk is not null && chunk.UsesOf(index) > 0 ? chunk.FrameOf(index) + offset : null;
        return (int)Math.Min((ulong)length, PageBytes - offset);
    }

    private Errno UseLocked(ulong first, ulong last)
    {
        var errno = Errno.None;
        var before = _pinned;
        var next = first;
        foreach (var (index, from, count) in Slices(first, last))
        {
            var chunk = ChunkAt(index);
            var pinned = chunk.Pinned;
            errno = chunk.Use(source, AddressOf(next), from, count, out var done);
            _pinned += chunk.Pinned - pinned;
            next += (ulong)done;
            if (errno == Errno.None) continue;
            if (chunk.Pinned == 0) _chunks.Remove(index);
            break;
        }
        // Charged before anything is mapped: what is over the limit no device has seen.
        if (errno == Errno.None && _pinned > before && !_account.TryCharge(_pinned - before)) errno = Errno.ENOMEM;
        if (errno == Errno.None) return Errno.None;
        if (next > first) Unuse(first, next - 1);
        return errno;
    }

    private void EndUseLocked(ulong first, ulong last)
    {
        var before = _pinned;
        Unuse(first, last);
        if (_pinned < before) _account.Uncharge(before - _pinned);
    }

    private void Unuse(ulong first, ulong last)
    {
        foreach (var (index, from, count) in Slices(first, last))
        {
            var chunk = _chunks[index];
            var pinned = chunk.Pinned;
            chunk.EndUse(source, from, count);
            _pinned -= pinned - chunk.Pinned;
            if (chunk.Pinned == 0) _chunks.Remove(index);
        }
    }

    private PageChunk ChunkAt(ulong index)
    {
        if (_chunks.TryGetValue(index, out var chunk)) return chunk;
        return _chunks[index] = new PageChunk((int)Math.Min(ChunkPages, PageCount - index * ChunkPages));
    }

    private static IEnumerable<(ulong Index, int From, int Count)> Slices(ulong first, ulong last)
    {
        for (var page = first; page <= last;)
        {
            var (index, from) = (page / ChunkPages, (int)(page % ChunkPages));
            var count = (int)Math.Min((ulong)(ChunkPages - from), last - page + 1);
            yield return (index, from, count);
            page += (ulong)count;
        }
    }
}
