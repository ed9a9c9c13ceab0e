using Iommu.Hardware.Amd.Formats;

namespace Iommu.Hardware.Amd;

/// <summary>Where the IOMMU writes what concerns a guest's own tables. Any thread may call it.</summary>
public interface IGuestLogs
{
    /// <summary>An event of the guest's first stage, with the host's device id in it.</summary>
    void Write(EventRecord record);

    /// <summary>A page request; false when the guest has no log for it, so that the host's takes it.</summary>
    bool TryWrite(PprRecord record);
}
