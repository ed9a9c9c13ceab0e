using System.Buffers.Text;
using System.Text;

namespace Iommu.Bridge.Memory;

/// <summary>One mapping of a process (a line of /proc/PID/maps).</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">Behind the last byte.</param>
/// <param name="Readable">Whether the process may read it.</param>
/// <param name="Writable">Whether the process may write it.</param>
/// <param name="Shared">Whether its pages are those of the file, so that others that map it see the same.</param>
/// <param name="Offset">Of the first byte in the file.</param>
/// <param name="Device">Of the file.</param>
/// <param name="Inode">Of the file; 0 for memory of no file.</param>
internal readonly record struct Mapping(
    ulong Start, ulong End, bool Readable, bool Writable, bool Shared, ulong Offset, ulong Device, ulong Inode)
{
    public bool Contains(ulong address) => address >= Start && address < End;
}

/// <summary>The mappings of a process at one moment, in order.</summary>
internal sealed class MemoryMap
{
    private readonly List<Mapping> _mappings = [];

    public IReadOnlyList<Mapping> Mappings => _mappings;

    /// <summary>Empty when the process is gone.</summary>
    public static MemoryMap Of(int pid)
    {
        try
        {
            return Parse(File.ReadAllBytes($"/proc/{pid}/maps"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new MemoryMap();
        }
    }

    /// <param name="text">Lines like <c>7f00-7f01 rw-s 00001000 00:01 1034 /memfd:x</c>, numbers but the inode hexadecimal.</param>
    public static MemoryMap Parse(ReadOnlySpan<byte> text)
    {
        var map = new MemoryMap();
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (!line.IsEmpty) map._mappings.Add(ParseLine(line));
        }
        return map;
    }

    /// <summary>Null where nothing is mapped.</summary>
    public Mapping? Find(ulong address)
    {
        int low = 0, high = _mappings.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_mappings[middle].Contains(address)) return _mappings[middle];
            if (_mappings[middle].Start > address) high = middle - 1;
            else low = middle + 1;
        }
        return null;
    }

    private static Mapping ParseLine(ReadOnlySpan<byte> line)
    {
        var rest = line;
        var start = Hex(ref rest, '-');
        var end = Hex(ref rest, ' ');
        var rights = rest[..4];
        rest = rest[5..];
        var offset = Hex(ref rest, ' ');
        var major = Hex(ref rest, ':');
        var minor = Hex(ref rest, ' ');
        if (!Utf8Parser.TryParse(rest, out ulong inode, out _)) throw Unreadable(line);
        return new Mapping(start, end, rights[0] == 'r', rights[1] == 'w', rights[3] == 's', offset, (major << 32) | minor, inode);

        ulong Hex(ref ReadOnlySpan<byte> from, char delimiter)
        {
            if (!Utf8Parser.TryParse(from, out ulong value, out var used, 'x') || from[used] != delimiter) throw Unreadable(from);
            from = from[(used + 1)..];
            return value;
        }
    }

    private static FormatException Unreadable(ReadOnlySpan<byte> line) =>
        new($"this is no line of /proc/PID/maps: {Encoding.UTF8.GetString(line)}");
}
