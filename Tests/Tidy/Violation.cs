namespace Iommu.Tests.Tidy;

/// <summary>One place that breaks a law, with the 1-based line it is on.</summary>
public sealed record Violation(string File, int Line, string Message)
{
    public override string ToString() => $"{File}:{Line}: {Message}";
}
