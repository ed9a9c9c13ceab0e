namespace Iommu.Hardware.Drivers;

/// <summary>
/// Devices that cannot be told apart by their IOMMU, or can reach each other past it: they are owned by one context and attached to
/// one HWPT, all of them.
/// </summary>
/// <param name="name">For pictures and messages.</param>
public sealed class IommuGroup(string name)
{
    public string Name { get; } = name;
}
