using System.Text.Json;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Explore.Traces;

/// <summary>A trace as text: JSON, with names in snake case.</summary>
internal static class TraceFile
{
    private const string Format = "iommu schedule";
    private const int Version = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(Trace trace) => JsonSerializer.Serialize(
        new Content
        {
            Format = Format,
            Version = Version,
            Scenario = trace.Scenario,
            Mutant = trace.Mutant,
            From = trace.From,
            Invariant = trace.Violation.Invariant,
            What = trace.Violation.What,
            Details = [.. trace.Violation.Details],
            Delays = [.. trace.Deviations.Delays.Select(delay => new[] { $"{delay.Turn}", $"{delay.Until}" })],
            Happenings = [.. trace.Deviations.Happenings],
            Steps = [.. trace.Steps.Select(step => new[] { $"{step.Turn}", step.Message, step.From, step.Text })],
        },
        Options) + "\n";

    /// <exception cref="TraceException">It is no trace, or one of a later version.</exception>
    public static Trace Read(string text)
    {
        try
        {
            var content = JsonSerializer.Deserialize<Content>(text, Options);
            if (content is not { Format: Format, Scenario: { } scenario })
                throw new TraceException("it does not say that it is a schedule; explore --save FILE writes one");
            if (content.Version != Version)
                throw new TraceException($"it is of version {content.Version}, and this build reads version {Version}: record it again");
            return new Trace(
                scenario, content.Mutant, content.From,
                new Deviations(
                    [.. content.Delays.Select(it => new Delay(TurnName.Parse(it[0]), TurnName.Parse(it[1])))], content.Happenings),
                [.. content.Steps.Select(it => new Step(TurnName.Parse(it[0]), it[1], it[2], it[3]))],
                new Violation(content.Invariant, content.What, content.Details));
        }
        catch (Exception e) when (e is JsonException or FormatException or IndexOutOfRangeException)
        {
            throw new TraceException($"this is no schedule that explore has written: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private sealed record Content
    {
        public string Format { get; init; } = "";

        public int Version { get; init; }

        public string? Scenario { get; init; }

        public string? Mutant { get; init; }

        public string From { get; init; } = "";

        public string Invariant { get; init; } = "";

        public string What { get; init; } = "";

        public string[] Details { get; init; } = [];

        /// <summary>Each the turn, and the one after which it comes.</summary>
        public string[][] Delays { get; init; } = [];

        public Happening[] Happenings { get; init; } = [];

        /// <summary>Each the turn, the type of its message, who has told it, and the message in words.</summary>
        public string[][] Steps { get; init; } = [];
    }
}
