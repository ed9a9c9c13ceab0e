namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>What the driver keeps of one device: where its context descriptor is, and whether its ATC may hold anything.</summary>
internal sealed class StreamState(ulong contextDescriptor)
{
    public ulong ContextDescriptor { get; } = contextDescriptor;

    public bool AtsEnabled { get; set; }
}
