using System.Text.Json;

namespace Iommu.Cli.CommandLine;

/// <summary>Figures for machines: names in snake case, a line each.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public static string Text(object figures) => JsonSerializer.Serialize(figures, Format) + "\n";
}
