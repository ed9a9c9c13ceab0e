namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>CLASS of an event record: which access faulted.</summary>
public enum FaultClass : byte
{
    /// <summary>The fetch of a context descriptor.</summary>
    ContextDescriptor = 0,
    /// <summary>The fetch of a stage-1 translation table entry.</summary>
    Table = 1,
    /// <summary>The input address of the transaction itself.</summary>
    Input = 2,
}
