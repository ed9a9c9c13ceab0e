namespace Iommu.Tests.Conformance.Persistence;

/// <summary>An event that no serializer is bound for.</summary>
public sealed class PlainEvent
{
    public int Number { get; init; }

    public string Text { get; init; } = "";
}
