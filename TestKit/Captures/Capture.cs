using System.Runtime.InteropServices;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.TestKit.Captures;

/// <summary>
/// What a real guest and its SMMUv3 did, as files with a common prefix: snapshots of registers, tables and translations,
/// and the whole of the command and event streams.
/// </summary>
public sealed class Capture
{
    private readonly Lazy<IReadOnlyList<Command>> _commands;
    private readonly Lazy<IReadOnlyList<EventRecord>> _events;

    private Capture(string prefix, IReadOnlyList<CaptureSnapshot> snapshots)
    {
        (Prefix, Snapshots) = (prefix, snapshots);
        _commands = new(() => ReadCommands($"{prefix}.commands.bin.gz"));
        _events = new(() => ReadEvents($"{prefix}.events.bin.gz"));
    }

    /// <summary>Path without the endings: <c>Tests/Data/linux-nested-4k</c>.</summary>
    public string Prefix { get; }

    public string Name => Path.GetFileName(Prefix);

    /// <summary>In order of their numbers.</summary>
    public IReadOnlyList<CaptureSnapshot> Snapshots { get; }

    /// <summary>Every command since the queue was enabled.</summary>
    public IReadOnlyList<Command> Commands => _commands.Value;

    /// <summary>Every event record since the queue was enabled.</summary>
    public IReadOnlyList<EventRecord> Events => _events.Value;

    /// <summary>Finds a capture by its prefix; a path of any one of its files will do too.</summary>
    /// <exception cref="CaptureException">There is no snapshot, or one is not readable.</exception>
    public static Capture Open(string prefixOrFile)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(prefixOrFile))!;
        var name = Path.GetFileName(prefixOrFile).Split('.')[0];
        var prefix = Path.Combine(directory, name);
        if (!Directory.Exists(directory)) throw new CaptureException(prefixOrFile, null, $"there is no folder {directory}");
        var snapshots = Directory.GetFiles(directory, $"{name}.*.registers.json")
            .Select(file => CaptureSnapshot.Read(prefix, file))
            .OrderBy(snapshot => snapshot.Number)
            .ToList();
        if (snapshots.Count == 0) throw new CaptureException(prefix, null, $"there is no {name}.0.registers.json or other snapshot");
        return new Capture(prefix, snapshots);
    }

    private static List<Command> ReadCommands(string path) =>
        Words(path, 2).Chunk(2).Select(words => new Command(words[0], words[1])).ToList();

    private static List<EventRecord> ReadEvents(string path) =>
        Words(path, 4).Chunk(4).Select(words => new EventRecord(words[0], words[1], words[2], words[3])).ToList();

    private static ulong[] Words(string path, int each)
    {
        var bytes = CaptureFile.ReadBytes(path);
        if (bytes.Length % (each * 8) != 0)
            throw new CaptureException(path, null, $"must be a whole number of {each * 8}-byte records, it has {bytes.Length} bytes");
        return MemoryMarshal.Cast<byte, ulong>(bytes).ToArray();
    }
}
