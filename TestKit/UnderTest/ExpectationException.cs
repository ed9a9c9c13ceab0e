using Iommu.TestKit.Stress;

namespace Iommu.TestKit.UnderTest;

/// <summary>
/// Something that a test expects is not so, or an invariant is broken at its end. Every test framework shows it as a failed test: the
/// message says what was expected, and what was seen instead.
/// </summary>
public sealed class ExpectationException : Exception
{
    internal ExpectationException(string message, IReadOnlyList<Violation>? broken = null, Exception? cause = null)
        : base(message, cause) => Broken = broken ?? [];

    /// <summary>The invariants that are broken; none when something else was expected.</summary>
    public IReadOnlyList<Violation> Broken { get; }

    internal static string Text(IEnumerable<Violation> broken) => string.Join(Environment.NewLine, broken.SelectMany(
        violation => violation.Details.Select(detail => $"  {detail}").Prepend($"{violation.Invariant} broken: {violation.What}")));
}
