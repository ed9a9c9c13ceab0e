namespace Iommu.Bench.Actors;

/// <summary>The message of the measurements.</summary>
internal sealed class Item;
