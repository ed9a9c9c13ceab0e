using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Explore.Traces;

/// <summary>A schedule that breaks something, as a value: what repeats it, and what it was, turn for turn.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Mutant">What was broken on purpose; null for nothing.</param>
/// <param name="From">How it was found.</param>
/// <param name="Deviations">What it does otherwise than by default.</param>
/// <param name="Steps">Each turn: a build that takes others is not the one that has recorded it.</param>
/// <param name="Violation">What it breaks.</param>
internal sealed record Trace(
    string Scenario, string? Mutant, string From, Deviations Deviations, IReadOnlyList<Step> Steps, Violation Violation)
{
    /// <summary>Who takes part, in the order in which they come up.</summary>
    public IEnumerable<string> Actors =>
        Steps.SelectMany(step => new[] { step.From, step.Turn.Actor }).Where(actor => actor.Length > 0).Distinct();
}

/// <summary>A turn of a trace.</summary>
/// <param name="Turn">Whose.</param>
/// <param name="Message">The type of its message; empty without one.</param>
/// <param name="From">Whose turn it was when that was told; empty for nobody's.</param>
/// <param name="Text">The message in words.</param>
internal sealed record Step(TurnName Turn, string Message, string From, string Text)
{
    /// <summary>Whether another build that takes the one has taken the other.</summary>
    public bool IsSameAs(Step other) => Turn == other.Turn && Message == other.Message;

    public override string ToString() => $"{Turn} <- {(Message.Length == 0 ? "-" : Message)}";
}

/// <summary>A trace that cannot be used: which, and why.</summary>
public sealed class TraceException(string message) : Exception(message);
