namespace Iommu.Actors;

/// <summary>The device node by which a context is opened.</summary>
public enum DeviceNode
{
    /// <summary>/dev/iommu.</summary>
    Iommu,

    /// <summary>/dev/vfio/vfio, for programs of VFIO's: pins are charged to the process until an option says otherwise.</summary>
    Vfio,
}
