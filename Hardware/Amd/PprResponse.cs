namespace Iommu.Hardware.Amd;

/// <summary>What a device is told of a page request group.</summary>
public readonly record struct PprResponse(int? Pasid, int Tag, PprStatus Status);
