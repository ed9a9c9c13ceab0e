namespace Iommu.Hardware.Vtd;

/// <summary>How the requests of a port are made.</summary>
/// <param name="HasAts">The device asks for translations and keeps them.</param>
/// <param name="Pasid">Their address space; null is the device's own.</param>
/// <param name="Privileged">As supervisor.</param>
/// <param name="Execute">Reads are fetches of instructions.</param>
public readonly record struct PortOptions(bool HasAts = false, uint? Pasid = null, bool Privileged = false, bool Execute = false);
