namespace Iommu.Hardware.Drivers;

/// <summary>A device behind a physical IOMMU, as the inventory of a simulated machine lists it.</summary>
/// <param name="Name">Unique within the machine, for instance <c>0000:00:05.0</c>.</param>
/// <param name="StreamId">What the device presents to its IOMMU: SMMUv3's stream id, a PCI requester id elsewhere.</param>
/// <param name="Iommu">The driver instance of the IOMMU in front of it.</param>
/// <param name="HasAts">Whether it has an address translation cache of its own (PCIe ATS).</param>
public sealed record PhysicalDevice(string Name, uint StreamId, IIommuDriver Iommu, bool HasAts = false)
{
    /// <summary>Its group; one of its own when none is given.</summary>
    public IommuGroup Group { get; init; } = new(Name);

    /// <summary>Its address spaces besides its own have PASIDs below 2^this; 0 for a device without.</summary>
    public byte PasidBits { get; init; }

    /// <summary>Whether a transaction of it can wait for software after a fault (SMMUv3: dma-can-stall).</summary>
    public bool CanStall { get; init; }

    public bool Equals(PhysicalDevice? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
