using Iommu.Hardware.Smmuv3;

namespace Iommu.TestKit.Captures;

/// <summary>
/// What a guest's VMM asked of iommufd, and the answer, in the order of the calls (<c>CAPTURE.guest.txt.gz</c>).
/// </summary>
public abstract record GuestCall(long Row)
{
    /// <summary>IOMMU_GET_HW_INFO: the type and its structure as 32-bit words.</summary>
    public sealed record HwInfo(long Row, int Type, uint[] Words) : GuestCall(Row);

    /// <summary>IOMMU_HWPT_ALLOC of a nested domain from the guest's stream table entry.</summary>
    public sealed record StreamEntry(long Row, string Device, uint VirtualStreamId, ulong Word0, ulong Word1, int Errno) : GuestCall(Row);

    /// <summary>IOMMU_HWPT_INVALIDATE with its array.</summary>
    public sealed record Invalidate(long Row, int Call, Command[] Entries, int Errno, int Handled) : GuestCall(Row);

    /// <summary>A record read from the vEVENTQ.</summary>
    public sealed record VirtualEvent(long Row, uint Flags, uint Sequence, ulong[] Words) : GuestCall(Row);

    /// <summary>Reads the calls of a capture that has them.</summary>
    /// <exception cref="CaptureException">The file is missing, or a row is not one of the kinds.</exception>
    public static IEnumerable<GuestCall> Read(Capture capture)
    {
        var path = $"{capture.Prefix}.guest.txt.gz";
        var entries = new List<Command>();
        foreach (var (row, cells) in CaptureFile.ReadRows(path, null))
        {
            var reader = new Cells(path, row, cells);
            if (cells[0] == "INV") entries.Add(new Command(reader.Hex(3), reader.Hex(4)));
            else yield return Parse(reader, row, entries);
            if (cells[0] == "RET") entries.Clear();
        }
    }

    private static GuestCall Parse(Cells cells, long row, List<Command> entries) => cells.Kind switch
    {
        "HWINFO" => new HwInfo(row, cells.Decimal(1), cells.From(3).Select(word => (uint)word).ToArray()),
        "VSTE" => new StreamEntry(row, cells.Text(1), (uint)cells.Hex(2), cells.Hex(3), cells.Hex(4), cells.Decimal(5)),
        "RET" => new Invalidate(row, cells.Decimal(1), entries.ToArray(), cells.Decimal(3), cells.Decimal(4)),
        "VEV" => new VirtualEvent(row, (uint)cells.Decimal(1), (uint)cells.Decimal(2), cells.From(3)),
        _ => throw cells.Wrong("must begin with HWINFO, VSTE, INV, RET or VEV"),
    };

    private sealed class Cells(string path, long row, string[] cells)
    {
        public string Kind => cells[0];

        public string Text(int index) => index < cells.Length ? cells[index] : throw Wrong($"must have more than {index} cells");

        public ulong Hex(int index) => CaptureFile.Hex(path, row, $"cell {index + 1}", Text(index));

        public int Decimal(int index) => CaptureFile.Decimal(path, row, $"cell {index + 1}", Text(index));

        public ulong[] From(int first) => Enumerable.Range(first, cells.Length - first).Select(Hex).ToArray();

        public CaptureException Wrong(string problem) => new(path, row, problem);
    }
}
