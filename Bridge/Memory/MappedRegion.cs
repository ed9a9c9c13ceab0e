using Iommu.Bridge.Native;
using Iommu.Hardware.Memory;

namespace Iommu.Bridge.Memory;

/// <summary>
/// A region of a vIOMMU that programs have mapped: a file of its own, with the words of the physical memory behind it. Programs map that
/// file, so that a fork's child has it too, and whether any still does is asked of the kernel.
/// </summary>
/// <remarks>
/// A program's store does not trap: what it has written is taken over to the physical memory, and what hardware has written to the
/// program, by <see cref="Exchange"/>.
/// </remarks>
internal sealed unsafe class MappedRegion : IDisposable
{
    private const int OpenReadWrite = 2 | 0x80000;

    private readonly Descriptor _file;
    private readonly PhysicalMemory _memory;
    private readonly ulong _physical;
    private readonly ulong[] _last;
    private readonly ulong* _words;

    /// <param name="memory">The machine's.</param>
    /// <param name="physical">Where the region is.</param>
    /// <param name="lengthBytes">Its length, whole pages.</param>
    /// <exception cref="BridgeException">The system has no memory for it.</exception>
    public MappedRegion(PhysicalMemory memory, ulong physical, ulong lengthBytes)
    {
        (_memory, _physical) = (memory, physical);
        // A file that was made and not opened does not count as open for writing, which a lease asks for: it is opened again.
        using var made = Descriptor.Of(Libc.memfd_create("iommu-region", Libc.MfdCloexec), "memfd_create");
        _file = Open(made);
        if (Libc.ftruncate(_file.Number, (long)lengthBytes) != 0) throw BridgeException.OfLastError("ftruncate");
        var mapped = Libc.mmap(null, (nuint)lengthBytes, Libc.ProtRead | Libc.ProtWrite, Libc.MapShared, _file.Number, 0);
        if (mapped == Libc.MapFailed) throw BridgeException.OfLastError("mmap");
        _words = (ulong*)mapped;
        _last = new ulong[lengthBytes / sizeof(ulong)];
        Exchange();
    }

    /// <summary>How many calls of mmap() it stands for.</summary>
    public int Mappings { get; set; }

    /// <summary>
    /// Whether a program has it mapped, or is about to: a lease is given only on a file that nobody else has open, and a mapping keeps
    /// open what it was made of (fcntl(2), F_SETLEASE).
    /// </summary>
    public bool IsMapped
    {
        get
        {
            if (Libc.fcntl(_file.Number, Libc.FcntlSetLease, Libc.LeaseWrite) != 0) return true;
            Libc.fcntl(_file.Number, Libc.FcntlSetLease, Libc.LeaseNone);
            return false;
        }
    }

    /// <summary>An open file of a program's own to map.</summary>
    public Descriptor Open() => Open(_file);

    /// <summary>Each word that a program has changed goes to the hardware, each that the hardware has changed to the program.</summary>
    public void Exchange()
    {
        for (var i = 0; i < _last.Length; i++)
        {
            var at = _physical + (ulong)i * sizeof(ulong);
            var (program, hardware) = (Volatile.Read(ref _words[i]), _memory.Read64(at));
            if (program != _last[i]) _memory.Write64(at, _last[i] = program);
            else if (hardware != _last[i]) Volatile.Write(ref _words[i], _last[i] = hardware);
        }
    }

    public void Dispose()
    {
        Libc.munmap(_words, (nuint)_last.Length * sizeof(ulong));
        _file.Dispose();
    }

    private static Descriptor Open(Descriptor file) =>
        Descriptor.Of(Libc.open($"/proc/self/fd/{file.Number}", OpenReadWrite, 0), "open /proc/self/fd");
}
