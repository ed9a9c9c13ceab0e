namespace Iommu.Hardware.Vtd;

/// <summary>Bits of FSTS_REG.</summary>
[Flags]
public enum FaultStatus : uint
{
    None = 0,
    /// <summary>PFO: a fault found no free recording register.</summary>
    Overflow = 1 << 0,
    /// <summary>PPF: a recording register holds a fault.</summary>
    Pending = 1 << 1,
    /// <summary>IQE: the invalidation queue stopped on a descriptor.</summary>
    QueueError = 1 << 4,
    /// <summary>ICE: a device completed an invalidation that nobody had asked it for.</summary>
    CompletionError = 1 << 5,
    /// <summary>ITE: a device did not complete an invalidation in time; the queue stopped.</summary>
    TimeOut = 1 << 6,
}
