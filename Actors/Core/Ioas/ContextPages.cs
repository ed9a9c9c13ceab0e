using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core.Ioas;

/// <summary>
/// The pages of one context: makes them for calls that map, with a number of their own for the journal, and brings them back, the
/// same for every area that shared them. Any IOAS of the context may call it.
/// </summary>
public sealed class ContextPages
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, PinnedPages> _restored = [];
    private readonly HashSet<PinnedPages> _live = [];
    private ulong _lastNumber;
    private volatile bool _countsByProcess;

    /// <summary>IOMMU_OPTION_RLIMIT_MODE: charge the process, as VFIO does, and not the user. For pages made from now on.</summary>
    public bool CountsByProcess { get => _countsByProcess; set => _countsByProcess = value; }

    /// <summary>Pages of a process's memory (iopt_alloc_user_pages).</summary>
    /// <returns>EOVERFLOW beyond the address space; EINVAL length 0, or longer than any.</returns>
    public Result<PinnedPages> OfMemory(UserProcess process, ulong address, ulong lengthBytes, bool writable)
    {
        if (address + lengthBytes < address) return Errno.EOVERFLOW;
        if (IsBadLength(lengthBytes)) return Errno.EINVAL;
        return Track(new SourcePages(New(0, address, lengthBytes, writable, process), process.Memory, AccountOf(process)));
    }

    /// <summary>Pages of a file of the process, or of a dma-buf (iopt_map_file_pages).</summary>
    /// <returns>EBADF no such descriptor; EOVERFLOW; EINVAL length 0 or beyond the buffer; ENODEV a buffer that is taken away.</returns>
    public Result<PinnedPages> OfFile(UserProcess process, int descriptor, ulong start, ulong lengthBytes, bool writable)
    {
        if (lengthBytes == 0) return Errno.EINVAL;
        if (start + (lengthBytes - 1) < start) return Errno.EOVERFLOW;
        switch (process.Files.Find(descriptor))
        {
            case DmaBuf buffer when buffer.TryHold():
                var imported = OfBuffer(buffer, start, lengthBytes, writable, process);
                if (!imported.Failed) return Track(imported.Value!);
                buffer.LetGo();
                return imported;
            case IMemoryFile file when file.TryHold():
                if (!IsBadLength(lengthBytes))
                    return Track(new SourcePages(New(file.Number, start, lengthBytes, writable, process), file, AccountOf(process), file));
                file.LetGo();
                return Errno.EINVAL;
            case null or IHeldFile:
                return Errno.EBADF;
            default:
                if (IsBadLength(lengthBytes)) return Errno.EINVAL;
                var nothing = New(AreaPages.FileWithoutMemory, start, lengthBytes, writable, process);
                return Track(new SourcePages(nothing, FileWithoutMemory.Instance, AccountOf(process)));
        }
    }

    /// <summary>Pages as a journal has them, for one area more.</summary>
    /// <param name="what">Which.</param>
    /// <param name="revoked">Whether they had been taken away.</param>
    /// <param name="opener">Who opens the context: whose memory and files they are, and who is charged, unless they name another.</param>
    /// <returns>ENOENT when a file, or process, of that number is not there. A dma-buf that is taken away meanwhile is so here.</returns>
    public Result<PinnedPages> Restore(AreaPages what, bool revoked, UserProcess opener)
    {
        lock (_lock)
        {
            if (_restored.TryGetValue(what.Number, out var known)) return known.Hold();
            _lastNumber = Math.Max(_lastNumber, what.Number);
            var restored = revoked ? DmaBufPages.TakenAwayBefore(what)
                : OwnerOf(what, opener) is { } process ? Find(what, process) : Errno.ENOENT;
            if (restored.Failed) return restored;
            if (what.Number != 0) _restored[what.Number] = restored.Value!;
            return Track(restored.Value!);
        }
    }

    /// <summary>Every IOAS is back: no other area will ask for what was restored.</summary>
    public void EndRestore()
    {
        lock (_lock) _restored.Clear();
    }

    /// <summary>The context has failed, and with it whoever held or used any of them: all are unpinned.</summary>
    public void Abandon()
    {
        List<PinnedPages> left;
        lock (_lock)
        {
            left = [.. _live];
            _live.Clear();
        }
        foreach (var pages in left) pages.Abandon();
    }

    private PinnedPages Track(PinnedPages pages)
    {
        pages.WhenReleased = Forget;
        lock (_lock) _live.Add(pages);
        return pages;
    }

    private void Forget(PinnedPages pages)
    {
        lock (_lock) _live.Remove(pages);
    }

    private Result<PinnedPages> Find(AreaPages what, UserProcess process)
    {
        if (what.File == 0) return new SourcePages(what, process.Memory, AccountOf(process));
        if (what.File == AreaPages.FileWithoutMemory)
            return new SourcePages(what, FileWithoutMemory.Instance, AccountOf(process));
        var file = process.Files.FindNumber(what.File);
        if (file is null || !file.TryHold()) return Errno.ENOENT;
        var found = file switch
        {
            IMemoryFile memory => new SourcePages(what, memory, AccountOf(process), memory),
            DmaBuf buffer => ImportAgain(what, buffer),
            _ => Errno.ENOENT,
        };
        if (found.Failed) file.LetGo();
        return found;
    }

    private static UserProcess? OwnerOf(AreaPages what, UserProcess opener) =>
        what.Process == 0 || what.Process == opener.Number ? opener : opener.Relatives(what.Process);

    private static Result<PinnedPages> ImportAgain(AreaPages what, DmaBuf buffer)
    {
        var imported = DmaBufPages.Import(what, buffer);
        if (imported.Errno != Errno.ENODEV) return imported;
        buffer.LetGo();
        return new Result<PinnedPages>(Errno.None, DmaBufPages.TakenAwayBefore(what));
    }

    private Result<PinnedPages> OfBuffer(DmaBuf buffer, ulong start, ulong lengthBytes, bool writable, UserProcess process)
    {
        if (buffer.LengthBytes <= start + (lengthBytes - 1) || lengthBytes / PinnedPages.PageBytes >= uint.MaxValue) return Errno.EINVAL;
        return DmaBufPages.Import(New(buffer.Number, start, lengthBytes, writable, process), buffer);
    }

    private AreaPages New(ulong file, ulong start, ulong lengthBytes, bool writable, UserProcess process)
    {
        lock (_lock) return new AreaPages(++_lastNumber, file, start, lengthBytes, writable, process.Number);
    }

    private PinAccount AccountOf(UserProcess process) => PinAccount.Of(process, CountsByProcess);

    private static bool IsBadLength(ulong lengthBytes) => lengthBytes is 0 or > ulong.MaxValue - PinnedPages.PageBytes;
}
