using System.Text.Json;
using System.Text.Json.Serialization;
using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>
/// What a run and the process that it kills say to each other, a line each. A line ends with a full stop, so that one which a kill has cut
/// off is not taken for a whole one.
/// </summary>
internal static class CrashWire
{
    public const char End = '.';

    private static readonly JsonSerializerOptions Format = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write(Call call) => $"{call.GetType().Name} {JsonSerializer.Serialize(call, call.GetType(), Format)}";

    public static Call ReadCall(string text)
    {
        var (name, json) = Split(text);
        var type = name == nameof(CloseEventFile) ? typeof(CloseEventFile) : typeof(Call).Assembly.GetType($"Iommu.Messages.{name}", true)!;
        return (Call)JsonSerializer.Deserialize(json, type, Format)!;
    }

    public static string Write(WorkloadOptions options) => JsonSerializer.Serialize(options, Format);

    public static WorkloadOptions ReadOptions(string text) => JsonSerializer.Deserialize<WorkloadOptions>(text, Format)!;

    /// <summary>The first word, and the rest.</summary>
    public static (string Word, string Others) Split(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
    }

    /// <summary>Several lines as one.</summary>
    public static string Fold(string text) => JsonSerializer.Serialize(text);

    public static string Unfold(string text) => JsonSerializer.Deserialize<string>(text)!;
}
