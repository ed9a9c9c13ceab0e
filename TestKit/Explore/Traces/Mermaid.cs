using System.Text;

namespace Iommu.TestKit.Explore.Traces;

/// <summary>A trace as a sequence diagram in Mermaid's language.</summary>
internal static class Mermaid
{
    public static string Write(Trace trace)
    {
        var delayed = trace.Deviations.Delays.Select(delay => delay.Turn).ToHashSet();
        var names = new Dictionary<string, string>();
        var text = new StringBuilder("sequenceDiagram\n");
        foreach (var actor in trace.Actors)
        {
            names[actor] = $"a{names.Count}";
            text.Append($"    participant {names[actor]} as {Plain(TraceColumns.Short(actor))}\n");
        }
        foreach (var step in trace.Steps)
        {
            var to = names[step.Turn.Actor];
            var from = names.GetValueOrDefault(step.From, to);
            if (delayed.Contains(step.Turn)) text.Append($"    Note over {to}: comes late\n");
            text.Append($"    {from}->>{to}: {Plain(step.Text)}\n");
        }
        text.Append($"    Note over a0: {Plain(trace.Violation.Invariant)} broken: {Plain(trace.Violation.What)}\n");
        return text.ToString();
    }

    // What ends a statement or begins a comment there.
    private static string Plain(string text) => text.Length == 0 ? "-" : text.Replace(';', ',').Replace('#', ' ').ReplaceLineEndings(" ");
}
