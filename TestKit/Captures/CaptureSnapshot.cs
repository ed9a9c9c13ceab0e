using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;

namespace Iommu.TestKit.Captures;

/// <summary>One instant of a capture: registers, memory of the tables, and translations that are true of exactly these.</summary>
public sealed class CaptureSnapshot
{
    private readonly string _stem;
    private readonly string _registersFile;
    private readonly Dictionary<string, ulong> _registers;

    private CaptureSnapshot(string stem, string file, int number, Dictionary<string, ulong> registers, CaptureStream[] streams) =>
        (_stem, _registersFile, Number, _registers, Streams) = (stem, file, number, registers, streams);

    public int Number { get; }

    public string Name => Path.GetFileName(_stem);

    /// <summary>Index into the command stream of the first command after this instant.</summary>
    public int CommandsConsumed { get; private init; }

    public int EventsRecorded { get; private init; }

    /// <summary>Where the guest's RAM begins.</summary>
    public ulong RamBase { get; private init; }

    public ulong RamBytes { get; private init; }

    /// <summary>The streams that had a device, as the capture decoded them.</summary>
    public IReadOnlyList<CaptureStream> Streams { get; }

    /// <summary>The registers as the guest had set them, the indices of the rings included.</summary>
    public Registers CreateRegisters() => new()
    {
        Idr0 = (uint)Register("IDR0"), Idr1 = (uint)Register("IDR1"), Idr3 = (uint)Register("IDR3"), Idr5 = (uint)Register("IDR5"),
        Iidr = (uint)Register("IIDR"), Aidr = (uint)Register("AIDR"),
        Cr0 = (uint)Register("CR0"), Cr2 = (uint)Register("CR2"), Gbpa = (uint)Register("GBPA"),
        StreamTableBase = Register("STRTAB_BASE"), StreamTableConfig = (uint)Register("STRTAB_BASE_CFG"),
        CommandQueueBase = Register("CMDQ_BASE"),
        CommandProducer = (uint)Register("CMDQ_PROD"), CommandConsumer = (uint)Register("CMDQ_CONS"),
        EventQueueBase = Register("EVENTQ_BASE"),
        EventProducer = (uint)Register("EVENTQ_PROD"), EventConsumer = (uint)Register("EVENTQ_CONS"),
        Gerror = (uint)Register("GERROR"), Gerrorn = (uint)Register("GERRORN"),
    };

    /// <summary>Puts the tables where they were.</summary>
    public void LoadPages(PhysicalMemory memory)
    {
        foreach (var (address, content) in ReadPages()) memory.Write(address, content.Span);
    }

    /// <summary>The pages that the tables occupy, ascending, with their 4,096 bytes; a page that is left out is all zero.</summary>
    public IEnumerable<(ulong Address, ReadOnlyMemory<byte> Content)> ReadPages()
    {
        var path = $"{_stem}.pages.gz";
        ReadOnlyMemory<byte> bytes = CaptureFile.ReadBytes(path);
        const int record = 8 + PhysicalMemory.PageBytes;
        if (bytes.Length % record != 0)
            throw new CaptureException(path, null, $"must be a whole number of {record}-byte records, it has {bytes.Length} bytes");
        for (var row = 1; !bytes.IsEmpty; row++, bytes = bytes[record..])
        {
            var address = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span);
            if (address % PhysicalMemory.PageBytes != 0 || !PhysicalMemory.Contains(address))
                throw new CaptureException(path, row, $"must be the address of a page, it is 0x{address:x}");
            yield return (address, bytes.Slice(8, PhysicalMemory.PageBytes));
        }
    }

    public IEnumerable<TranslationRow> ReadTranslations() => TranslationRow.Read($"{_stem}.translations.csv.gz");

    internal static CaptureSnapshot Read(string prefix, string file)
    {
        var middle = Path.GetFileName(file)[(Path.GetFileName(prefix).Length + 1)..^".registers.json".Length];
        if (!int.TryParse(middle, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new CaptureException(file, null, $"the number of the snapshot must be decimal, it is '{middle}'");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var root = document.RootElement;
            var registers = root.GetProperty("registers").EnumerateObject()
                .ToDictionary(register => register.Name, register => ParseHex(file, register.Name, register.Value.GetString()));
            return new CaptureSnapshot($"{prefix}.{number}", file, number, registers, ReadStreams(file, root))
            {
                CommandsConsumed = root.GetProperty("commandsConsumed").GetInt32(),
                EventsRecorded = root.GetProperty("eventsRecorded").GetInt32(),
                RamBase = ParseHex(file, "ramBase", root.GetProperty("ramBase").GetString()),
                RamBytes = root.GetProperty("ramBytes").GetUInt64(),
            };
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CaptureException(file, null, $"must be a snapshot's registers in JSON: {damage.Message}");
        }
    }

    private static CaptureStream[] ReadStreams(string file, JsonElement root) => root.GetProperty("streams").EnumerateArray()
        .Select(stream => new CaptureStream(
            (uint)ParseHex(file, "sid", stream.GetProperty("sid").GetString()),
            stream.GetProperty("device").GetString() ?? "",
            stream.GetProperty("config").GetString() ?? "",
            stream.TryGetProperty("asid", out var asid) ? asid.GetInt32() : null,
            stream.TryGetProperty("vmid", out var vmid) ? vmid.GetInt32() : null))
        .ToArray();

    private static ulong ParseHex(string file, string name, string? text) =>
        text is not null && text.StartsWith("0x", StringComparison.Ordinal)
        && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value : throw new CaptureException(file, null, $"{name} must be hexadecimal with 0x, it is '{text}'");

    private ulong Register(string name) => _registers.TryGetValue(name, out var value)
        ? value : throw new CaptureException(_registersFile, null, $"register {name} is missing");
}
