namespace Iommu.Actors.Core;

/// <summary>An invariant of the object model does not hold: always a bug of the simulator or of a driver, never of a caller.</summary>
/// <param name="invariant">Its name, I1 to I13.</param>
/// <param name="what">What was found.</param>
public sealed class InvariantViolation(string invariant, string what) : Exception($"{invariant}: {what}")
{
    public string Invariant { get; } = invariant;
}
