using Iommu.Hardware;

namespace Iommu.TestKit.Captures;

/// <summary>One translation that a snapshot's tables gave.</summary>
/// <param name="Row">Its line in the file, the header being 1.</param>
/// <param name="StreamId">Of the device.</param>
/// <param name="Iova">Where the device went.</param>
/// <param name="Access">Read or write; none when it is not known: each that <paramref name="Granted"/> has.</param>
/// <param name="Result"><c>ok</c>, <c>bypass</c>, <c>abort</c>, <c>none</c>, or the name of an event.</param>
/// <param name="Physical">Where it led, for ok and bypass.</param>
/// <param name="Granted">What the translation allows.</param>
/// <param name="Event">Index of the record that its fault wrote, if it did.</param>
/// <param name="Source">probe, before or after.</param>
public sealed record TranslationRow(
    long Row, uint StreamId, ulong Iova, Access Access, string Result, ulong Physical, Access Granted, int? Event, string Source)
{
    private const string Header = "sid,ssid,iova,access,result,pa,perm,event,source";

    public override string ToString() => $"sid 0x{StreamId:x} iova 0x{Iova:x} {Access}";

    internal static IEnumerable<TranslationRow> Read(string path)
    {
        foreach (var (row, cells) in CaptureFile.ReadRows(path, Header))
        {
            if (cells.Length != 9) throw new CaptureException(path, row, $"must have 9 columns, it has {cells.Length}");
            if (cells[1].Length != 0) throw new CaptureException(path, row, "ssid must be empty: substreams are not modelled");
            yield return new TranslationRow(
                row,
                (uint)CaptureFile.Hex(path, row, "sid", cells[0]),
                CaptureFile.Hex(path, row, "iova", cells[2]),
                ParseAccess(path, row, cells[3]),
                cells[4],
                cells[5].Length == 0 ? 0 : CaptureFile.Hex(path, row, "pa", cells[5]),
                cells[6].Length == 0 ? Access.None : (Access)CaptureFile.Decimal(path, row, "perm", cells[6]),
                cells[7].Length == 0 ? null : CaptureFile.Decimal(path, row, "event", cells[7]),
                cells[8]);
        }
    }

    private static Access ParseAccess(string path, long row, string cell) => cell switch
    {
        "r" => Access.Read,
        "w" => Access.Write,
        "-" => Access.None,
        _ => throw new CaptureException(path, row, $"access must be r, w or -, it is '{cell}'"),
    };
}
