using System.Globalization;
using System.IO.Compression;

namespace Iommu.TestKit.Captures;

/// <summary>Reads the gzip files of a capture; what is wrong with one is said with its name.</summary>
internal static class CaptureFile
{
    public static byte[] ReadBytes(string path)
    {
        if (!File.Exists(path)) throw new CaptureException(path, null, "no such file");
        try
        {
            using var unpacked = new MemoryStream();
            using (var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress)) file.CopyTo(unpacked);
            return unpacked.ToArray();
        }
        catch (InvalidDataException damage)
        {
            throw new CaptureException(path, null, $"must be gzip: {damage.Message}");
        }
    }

    /// <summary>The rows of a table, with their numbers; the first line must be <paramref name="header"/>, when one is asked for.</summary>
    public static IEnumerable<(long Row, string[] Cells)> ReadRows(string path, string? header)
    {
        using var text = new StreamReader(new MemoryStream(ReadBytes(path)));
        var row = 0L;
        if (header is not null && text.ReadLine() is var first && first != header)
            throw new CaptureException(path, 1, $"the first line must be '{header}', it is '{first}'");
        if (header is not null) row++;
        while (text.ReadLine() is { } line) yield return (++row, line.Split(','));
    }

    public static ulong Hex(string path, long row, string name, string cell) =>
        ulong.TryParse(cell, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value : throw new CaptureException(path, row, $"{name} must be hexadecimal without 0x, it is '{cell}'");

    public static int Decimal(string path, long row, string name, string cell) =>
        int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value : throw new CaptureException(path, row, $"{name} must be a decimal number, it is '{cell}'");
}
