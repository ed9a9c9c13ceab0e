namespace Iommu.TestKit.Explore.Traces;

/// <summary>A trace as text, one line a turn, in columns: what is decisive is marked.</summary>
internal static class TraceColumns
{
    private const string Inside = "/user/contexts/directory/explored/";
    private const string User = "/user/";

    public static IEnumerable<string> Lines(Trace trace)
    {
        var delays = trace.Deviations.Delays.ToDictionary(delay => delay.Turn, delay => delay.Until);
        var widthTo = trace.Steps.Select(step => Short(step.Turn.Actor).Length).DefaultIfEmpty(0).Max();
        var widthFrom = trace.Steps.Select(step => Short(step.From).Length).DefaultIfEmpty(0).Max();
        foreach (var happening in trace.Deviations.Happenings) yield return $"   *   {Text(happening)}";
        for (var i = 0; i < trace.Steps.Count; i++)
        {
            var step = trace.Steps[i];
            var isDelayed = delays.ContainsKey(step.Turn);
            yield return $"{i + 1,4} {(isDelayed ? '*' : ' ')} {Short(step.From).PadRight(widthFrom)} -> "
                + $"{Short(step.Turn.Actor).PadRight(widthTo)}  {step.Text}";
        }
    }

    /// <summary>The name of an actor as a reader wants it.</summary>
    public static string Short(string actor) =>
        actor.StartsWith(Inside, StringComparison.Ordinal) ? actor[Inside.Length..]
        : actor.StartsWith(User, StringComparison.Ordinal) ? actor[User.Length..] : actor;

    public static string Text(Happening happening) =>
        $"{happening.What}, at time {happening.Nth}{(happening.Chosen == 1 ? "" : $": alternative {happening.Chosen}")}";
}
