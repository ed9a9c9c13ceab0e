namespace Iommu.Replay;

/// <summary>One turn of a deterministic run.</summary>
/// <param name="Step">Number of the turn, from 1.</param>
/// <param name="Actor">Path without address.</param>
/// <param name="Message">Type and text of the message.</param>
/// <param name="At">Virtual time.</param>
/// <param name="Choice">Which of the runnable turns it was.</param>
/// <param name="Choices">How many turns were runnable.</param>
public readonly record struct TraceStep(long Step, string Actor, string Message, TimeSpan At, int Choice, int Choices)
{
    public override string ToString() => $"{Step,6} {At.TotalSeconds,12:F6}s {Choice}/{Choices} {Actor} <- {Message}";
}
