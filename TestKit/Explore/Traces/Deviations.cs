namespace Iommu.TestKit.Explore.Traces;

/// <summary>What a schedule does otherwise than by default: its decisive steps.</summary>
/// <param name="Delays">Turns that wait.</param>
/// <param name="Happenings">What happens.</param>
internal sealed record Deviations(IReadOnlyList<Delay> Delays, IReadOnlyList<Happening> Happenings)
{
    public int Count => Delays.Count + Happenings.Count;

    public static Deviations Of(Choices choices) => new([.. choices.Delays], [.. choices.Happenings]);

    /// <summary>Without those from a number on, so many; delays come before happenings.</summary>
    public Deviations Without(int start, int count) => new(
        [.. Delays.Where((_, i) => i < start || i >= start + count)],
        [.. Happenings.Where((_, i) => i + Delays.Count < start || i + Delays.Count >= start + count)]);
}
