namespace Iommu.Hardware.Drivers;

/// <summary>The dirty bits of a paging domain that was allocated for it (struct iommu_dirty_ops).</summary>
public interface IDirtyTracker
{
    /// <summary>Whether writes of devices set the bits.</summary>
    bool Tracking { get; set; }

    /// <summary>Calls back for each page of the tables that is dirty, in order. Translations stay cached as clean until a flush.</summary>
    /// <param name="iova">First byte.</param>
    /// <param name="lengthBytes">Length.</param>
    /// <param name="clear">Whether the bits are cleared.</param>
    /// <param name="dirty">Gets IOVA and length in bytes of a dirty page, whole, also where it begins or ends outside.</param>
    void Read(ulong iova, ulong lengthBytes, bool clear, Action<ulong, ulong> dirty);
}
